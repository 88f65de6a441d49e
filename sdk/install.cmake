# What `cmake --install` puts under a prefix, which may be moved afterwards:
#
#   bin/                  links to the programs
#   include/atrium/       the SDK's headers
#   lib/cmake/Atrium/     find_package(Atrium CONFIG)
#   lib/atrium/           what the programs find beside each other, as in a build: bin/, plugins/, templates/, config/
#   share/doc/atrium/     the pages, the examples, and what they link to: the plugins that come with Atrium, and files of the tree
include(CMakePackageConfigHelpers)

set(root lib/atrium)
set(package lib/cmake/Atrium)

install(TARGETS atrium_sdk atrium_testkit EXPORT AtriumTargets)
install(DIRECTORY sdk/include/atrium sdk/cpp/atrium sdk/testkit/atrium DESTINATION include FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
write_basic_package_version_file(${CMAKE_BINARY_DIR}/AtriumConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES sdk/cmake/AtriumConfig.cmake sdk/cmake/AtriumPlugin.cmake sdk/cmake/assets.cmake sdk/cmake/manifest_note.c.in
  sdk/cmake/plugin.map ${CMAKE_BINARY_DIR}/AtriumConfigVersion.cmake DESTINATION ${package})

foreach(program atrium atriumd atriumctl atrium-runner atrium_validate)
  if(TARGET ${program})
    string(REPLACE _ - name ${program})
    install(TARGETS ${program} EXPORT AtriumTargets RUNTIME DESTINATION ${root}/bin)
    install(CODE "file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin\")
      file(CREATE_LINK ../${root}/bin/${name} \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin/${name}\" SYMBOLIC)")
  endif()
endforeach()
if(TARGET atrium_validate)
  set_target_properties(atrium_validate PROPERTIES EXPORT_NAME validate)
endif()
install(EXPORT AtriumTargets NAMESPACE Atrium:: DESTINATION ${package})

# As they are: install(TARGETS) may change a library, which would break its seal.
get_target_property(plugins atrium_all_plugins MANUALLY_ADDED_DEPENDENCIES)
foreach(plugin IN LISTS plugins)
  install(FILES $<TARGET_FILE:${plugin}> DESTINATION ${root}/plugins)
endforeach()
install(DIRECTORY sdk/templates DESTINATION ${root})
install(FILES config/atrium.yaml config/demo.yaml DESTINATION ${root}/config)
install(DIRECTORY docs examples DESTINATION share/doc/atrium)
install(DIRECTORY plugins DESTINATION share/doc/atrium FILES_MATCHING PATTERN "*.md" PATTERN "*.cpp" PATTERN "*.hpp" PATTERN "plugin.yaml")
foreach(file LICENSE CHANGELOG.md CONTRIBUTING.md config/atrium.yaml kernel/kernel.cmake tests/bench/benches.txt tests/e2e/lib/atrium.py)
  cmake_path(GET file PARENT_PATH folder)
  install(FILES ${file} DESTINATION share/doc/atrium/${folder})
endforeach()
# The headers, where the pages look for them.
install(CODE "file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/doc/atrium/sdk\")
  foreach(headers include cpp testkit)
    file(CREATE_LINK ../../../../include \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/doc/atrium/sdk/\${headers}\" SYMBOLIC)
  endforeach()")

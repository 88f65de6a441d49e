# find_package(Atrium CONFIG): the targets Atrium::sdk, Atrium::testkit, Atrium::atrium and Atrium::validate, and the
# function atrium_add_plugin().
include(${CMAKE_CURRENT_LIST_DIR}/AtriumTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/AtriumPlugin.cmake)
# As include(CTest) has it: tests are built unless -DBUILD_TESTING=OFF says otherwise.
option(BUILD_TESTING "Build the tests of plugins" ON)
if(BUILD_TESTING)
  enable_testing()
endif()

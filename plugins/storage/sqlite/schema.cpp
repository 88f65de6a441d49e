#include "schema.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace atrium::sqlite_store {
namespace {

constexpr std::int64_t application_id = 0x4174726D;  // "Atrm"
constexpr std::int64_t schema_version = 1;

// All tables are rowid tables, so that a new message always goes to the end of the file's largest tree. Only two small indexes follow
// it there, both nearly in order: (room, seq), which carries the hash of the idempotency key so that a room's window can be rebuilt from
// the index alone, and the message's id. The key itself is not indexed: a unique index over random keys costs more than half of the
// throughput, and more with every million rows. The columns of `messages` carry no constraints, since every one of them is tested on every
// insert and only staged_messages.cpp ever fills them.
constexpr const char* schema_sql = R"sql(
CREATE TABLE store (
  key_seed BLOB NOT NULL                    -- 16 secret bytes
);
CREATE TABLE rooms (
  id INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  room BLOB NOT NULL,
  epoch TEXT NOT NULL,
  trimmed_seq INTEGER NOT NULL DEFAULT 0    -- records up to here are gone
);
CREATE UNIQUE INDEX rooms_key ON rooms (room, tenant);
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  room INTEGER,                    -- rooms.id
  seq INTEGER,
  key_hash INTEGER,                         -- 32 bits; NULL: no key
  message BLOB,
  thread BLOB,
  sent_at_ms INTEGER,
  fingerprint INTEGER,                      -- with a key only
  body_format INTEGER,
  kind INTEGER,
  sender TEXT,
  type TEXT,
  audience BLOB,
  idempotency_key BLOB,
  body BLOB
);
CREATE INDEX messages_seq ON messages (room, seq, key_hash);
CREATE INDEX messages_message ON messages (message);
CREATE TABLE documents (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL,                        -- the tuple, encoded so that bytes compare as tuples do
  version INTEGER NOT NULL,
  value BLOB NOT NULL
);
CREATE UNIQUE INDEX documents_key ON documents (key);
INSERT INTO store VALUES (randomblob(16));
)sql";

[[noreturn]] void refuse(const std::string& sentence) { throw std::runtime_error(sentence); }

// Makes an empty file where there is none, which SQLite would make readable for everyone.
void makeFile(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno == EEXIST) return;  // Another process was faster; the lock decides between us.
  if (descriptor < 0) refuse("The database " + path + " cannot be made: " + std::strerror(errno) + ".");
  close(descriptor);
}

void findOrMakeFile(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return makeFile(path);
    refuse("The database " + path + " cannot be opened: " + std::strerror(errno) + ".");
  }
  if (S_ISDIR(found.st_mode)) refuse("The database path " + path + " is a directory.");
  if (!S_ISREG(found.st_mode)) refuse("The database path " + path + " is not a regular file.");
  if ((found.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) == 0) refuse("The database " + path + " is read-only.");
}

void applySettings(Connection& connection, std::uint64_t cache_mib) {
  connection.execute("PRAGMA cache_size = -" + std::to_string(cache_mib * 1024) +
                     "; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
}

void checkOrMakeSchema(Connection& connection, const std::string& path) {
  const std::int64_t id = connection.integer("PRAGMA application_id");
  const std::int64_t version = connection.integer("PRAGMA user_version");
  if (id == 0 && version == 0 && connection.integer("SELECT count(*) FROM sqlite_schema") == 0) {
    connection.execute("BEGIN IMMEDIATE;" + std::string(schema_sql) + "PRAGMA application_id = " + std::to_string(application_id) +
                       "; PRAGMA user_version = " + std::to_string(schema_version) + "; COMMIT");
    return;
  }
  if (id != application_id) refuse("The file " + path + " is a SQLite database, but not one of Atrium's.");
  if (version != schema_version)
    refuse("The database " + path + " has schema version " + std::to_string(version) + "; this server knows version " +
           std::to_string(schema_version) + ".");
}

}  // namespace

DatabaseFile::DatabaseFile(const std::string& path) {
  findOrMakeFile(path);
  const std::string lock_path = path + "-lock";
  lock_ = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) refuse("The database's lock file " + lock_path + " cannot be opened: " + std::strerror(errno) + ".");
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    close(lock_);
    refuse("The database " + path + " is in use by another process.");
  }
}

DatabaseFile::~DatabaseFile() { close(lock_); }

OpenFiles::OpenFiles(const std::string& path) : files_{File{.path = path}, File{.path = path + "-wal"}} {
  for (File& file : files_) {
    struct stat found{};
    if (stat(file.path.c_str(), &found) != 0) throw SqliteError(SQLITE_IOERR_FSTAT, file.path + ": " + std::strerror(errno));
    file.device = found.st_dev;
    file.inode = found.st_ino;
  }
}

void OpenFiles::check() const {
  for (const File& file : files_) {
    struct stat found{};
    if (stat(file.path.c_str(), &found) != 0) throw SqliteError(SQLITE_IOERR_FSTAT, file.path + " is gone: " + std::strerror(errno));
    if (found.st_dev != file.device || found.st_ino != file.inode)
      throw SqliteError(SQLITE_IOERR_FSTAT, file.path + " was replaced by another file");
  }
}

Connection openWriter(const Settings& settings) {
  Connection connection(settings.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (sqlite3_db_readonly(connection.handle(), "main") == 1) refuse("The database " + settings.path + " cannot be written to.");
  applySettings(connection, settings.cache_mib);
  connection.execute(
      "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA "
      "journal_size_limit = " +
      std::to_string(settings.wal_mib << 21));
  checkOrMakeSchema(connection, settings.path);
  // The log may hold transactions that the process before never got to sync: they look committed now, but a power cut could still take
  // them. Once they are in the file and synced, they are.
  connection.execute("PRAGMA wal_checkpoint = TRUNCATE");
  return connection;
}

std::string refusalOf(const std::string& path, const SqliteError& error) {
  if (error.code() == SQLITE_NOTADB) return "The file " + path + " is not a SQLite database.";
  if (error.code() == SQLITE_CORRUPT) return "The database " + path + " is damaged: " + error.what() + ".";
  return "The database " + path + " cannot be opened: " + error.what() + ".";
}

Connection openReader(const Settings& settings) {
  Connection connection(settings.path, SQLITE_OPEN_READONLY);
  applySettings(connection, settings.cache_mib / 4 + 1);
  return connection;
}

KeySeed readKeySeed(Connection& connection) {
  Statement statement = connection.prepare("SELECT key_seed FROM store");
  auto run = statement.run();
  KeySeed seed;
  if (!run.step() || run.bytes(0).size() != sizeof seed) throw SqliteError(SQLITE_CORRUPT, "its key seed is missing");
  std::memcpy(&seed, run.bytes(0).data(), sizeof seed);
  return seed;
}

}  // namespace atrium::sqlite_store

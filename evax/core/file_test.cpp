#include "evax/core/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "evax/core/error.h"
#include "evax/core/npy.h"

namespace evax {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    // ctest runs each case in a process of its own, several at a time.
    folder_ = fs::path(testing::TempDir()) / ("evax_file_test_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  size_t files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(FileTest, ReadsAndMaps) {
  write_file(path("a"), std::string_view("hello"));
  EXPECT_EQ(read_file(path("a"), 5).size(), 5U);
  EXPECT_EQ(MappedFile::open(path("a"))->bytes()[1], std::byte{'e'});
  EXPECT_THROW(read_file(path("a"), 4), Error);
}

TEST_F(FileTest, EmptyFileMapsToNothing) {
  write_file(path("a"), std::string_view());
  EXPECT_TRUE(MappedFile::open(path("a"))->bytes().empty());
}

TEST_F(FileTest, RefusesWhatIsNoRegularFile) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_THROW(read_file(path("missing"), 1), Error);
  EXPECT_THROW(read_file(folder_.string(), 1), Error);
  EXPECT_THROW(MappedFile::open(path("fifo")), Error);  // must not wait for a writer
}

TEST_F(FileTest, AnUncommittedFileLeavesNothing) {
  {
    AtomicFile file(path("a"));
    file.write(std::string_view("half"));
  }
  EXPECT_EQ(files(), 0U);
}

TEST_F(FileTest, ASignalLeavesNothing) {
  const pid_t child = ::fork();
  if (child == 0) {
    handle_signals();
    AtomicFile finished(path("finished"));
    finished.commit();
    AtomicFile unfinished(path("unfinished"));
    ::raise(SIGTERM);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  EXPECT_EQ(files(), 1U);
  EXPECT_TRUE(fs::exists(path("finished")));
}

TEST_F(FileTest, ACommittedFileReplacesTheOldOne) {
  write_file(path("a"), std::string_view("old"));
  AtomicFile file(path("a"));
  file.write(std::string_view("new"));
  EXPECT_EQ(read_file(path("a"), 9).size(), 3U);
  EXPECT_EQ(read_file(path("a"), 9)[0], std::byte{'o'});
  file.commit();
  EXPECT_EQ(read_file(path("a"), 9)[0], std::byte{'n'});
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileTest, CannotWriteIntoAMissingFolder) {
  EXPECT_THROW(AtomicFile(path("no/such/folder/a")), Error);
  EXPECT_THROW(AtomicFile{folder_.string()}, Error);
  write_file(path("a"), std::string_view("x"));
  EXPECT_THROW(make_folder(path("a")), Error);
}

std::string text_of(const std::string& path, Streams streams = Streams::refused) {
  const auto bytes = read_file(path, 1 << 20, streams);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0);
  return status.st_mode;
}

TEST_F(FileTest, ReplacingAFileKeepsItsModeAndOwner) {
  write_file(path("a"), std::string_view("old"));
  ASSERT_EQ(::chmod(path("a").c_str(), 0640), 0);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path("a").c_str(), 12345, 23456), 0);
  }
  write_file(path("a"), std::string_view("new"));
  EXPECT_EQ(text_of(path("a")), "new");
  EXPECT_EQ(mode_of(path("a")) & 07777, 0640U);
  struct stat status {};
  ::stat(path("a").c_str(), &status);
  EXPECT_EQ(status.st_uid, ::geteuid() == 0 ? 12345U : ::geteuid());
}

TEST_F(FileTest, LinksAreFollowedAndStay) {
  fs::create_directories(path("folder"));
  write_file(path("folder/target"), std::string_view("old"));
  fs::create_symlink("target", path("folder/second"));
  fs::create_symlink("folder/second", path("link"));
  write_file(path("link"), std::string_view("new"));
  EXPECT_TRUE(S_ISLNK(mode_of(path("link"))));
  EXPECT_TRUE(S_ISLNK(mode_of(path("folder/second"))));
  EXPECT_EQ(text_of(path("folder/target")), "new");

  fs::create_symlink("folder/later", path("dangling"));
  write_file(path("dangling"), std::string_view("made"));
  EXPECT_TRUE(S_ISLNK(mode_of(path("dangling"))));
  EXPECT_EQ(text_of(path("folder/later")), "made");

  fs::create_symlink("circle", path("circle"));
  EXPECT_THROW(AtomicFile{path("circle")}, Error);
  EXPECT_TRUE(S_ISLNK(mode_of(path("circle"))));
  EXPECT_THROW(AtomicFile{path("folder/no/such/file")}, Error);
}

TEST_F(FileTest, PipesAreWrittenThroughAndStay) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  for (const auto start : {AtomicFile::Start::written, AtomicFile::Start::rewritten}) {
    std::string read;
    std::thread reader([&] { read = text_of(path("fifo"), Streams::allowed); });
    {
      AtomicFile file(path("fifo"), start);
      file.write(std::string_view("0 rows"));
      if (start == AtomicFile::Start::rewritten) file.rewrite_start("7");
      file.commit();
    }
    reader.join();
    EXPECT_EQ(read, start == AtomicFile::Start::written ? "0 rows" : "7 rows");
  }
  EXPECT_TRUE(S_ISFIFO(mode_of(path("fifo"))));
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileTest, DevicesAreWrittenThroughAndStay) {
  if (::mknod(path("null").c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0)
    GTEST_SKIP() << "device nodes need root";
  const int probe = ::open(path("null").c_str(), O_WRONLY);
  if (probe < 0) GTEST_SKIP() << "device nodes do not work in this folder";
  ::close(probe);
  write_file(path("null"), std::string_view("gone"));
  EXPECT_TRUE(S_ISCHR(mode_of(path("null"))));
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileTest, OwnDescriptorsAreGoneOnWith) {
  write_file(path("log"), std::string_view("before "));
  const int log = ::open(path("log").c_str(), O_WRONLY | O_APPEND);
  ASSERT_GE(log, 0);
  for (const std::string folder : {"/dev/fd/", "/proc/self/fd/"})
    write_file(folder + std::to_string(log), std::string_view("after "));
  ::close(log);
  EXPECT_EQ(text_of(path("log")), "before after after ");
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  write_file("/dev/fd/" + std::to_string(ends[0]), std::string_view("sent"));
  ::close(ends[0]);
  EXPECT_EQ(text_of("/dev/fd/" + std::to_string(ends[1]), Streams::allowed), "sent");
  ::close(ends[1]);
}

TEST_F(FileTest, StreamsAreReadToTheirEndAndNoFurtherThanTheLimit) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::string name = "/dev/fd/" + std::to_string(ends[0]);
  const std::string sent(200'000, 'x');
  std::thread writer([&] {
    EXPECT_EQ(::write(ends[1], sent.data(), sent.size()), static_cast<ssize_t>(sent.size()));
    ::close(ends[1]);
  });
  EXPECT_EQ(text_of(name, Streams::allowed), sent);
  writer.join();
  ::close(ends[0]);
  EXPECT_THROW(read_file("/dev/zero", 100'000, Streams::allowed), Error);
  EXPECT_THROW(read_file("/dev/zero", 100'000), Error);
}

TEST_F(FileTest, AnInputIsNotReplaced) {
  write_file(path("in"), std::string_view("kept"));
  fs::create_symlink("in", path("link"));
  fs::create_hard_link(path("in"), path("twin"));
  fs::create_directories(path("folder"));
  write_file(path("folder/weights"), std::string_view("kept"));
  protect_input(path("link"));
  protect_input(path("folder"));
  protect_input(path("missing"));
  for (const char* name : {"in", "./in", "link", "twin", "folder/../in", "folder/weights"}) {
    EXPECT_THROW(AtomicFile{path(name)}, Error) << name;
    EXPECT_THROW(check_writable(path(name)), Error) << name;
  }
  EXPECT_EQ(text_of(path("in")), "kept");
  write_file(path("other"), std::string_view("x"));
  write_file(path("missing"), std::string_view("x"));

  AtomicFile late(path("late"));  // becomes an input before it is whole
  write_file(path("late"), std::string_view("kept"));
  protect_input(path("late"));
  EXPECT_THROW(late.commit(), Error);
  EXPECT_EQ(text_of(path("late")), "kept");
}

// The mapping outlives the file's end: without a handler the process dies of SIGBUS.
TEST_F(FileTest, AMappedFileThatShrinksIsNamed) {
  write_file(path("shrinks"), std::string(1 << 20, 'x'));
  const auto read_behind_the_end = [&] {
    handle_signals();
    const AtomicFile unfinished(path("unfinished"));
    const auto file = MappedFile::open(path("shrinks"));
    fs::resize_file(path("shrinks"), 10);
    std::exit(static_cast<int>(file->bytes()[(1 << 20) - 1]));
  };
  EXPECT_EXIT(read_behind_the_end(), testing::ExitedWithCode(1),
              "^error: .*/shrinks: the file became shorter while it was read\n$");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileTest, ATemporaryFolderIsOnesOwnAndGoes) {
  std::string made;
  {
    const TemporaryFolder folder, other;
    made = folder.path();
    EXPECT_NE(made, other.path());
    EXPECT_EQ(mode_of(made) & 0777, 0700U);
    write_file(made + "/a", std::string_view("x"));
  }
  EXPECT_FALSE(fs::exists(made));
}

TEST_F(FileTest, NpyRoundTrip) {
  const float values[] = {1, 2, 3, 4, 5, 6};
  write_npy(path("a.npy"), Tensor::from_floats({2, 3}, values));
  const Tensor read = read_npy(path("a.npy"));
  EXPECT_EQ(read.shape(), (Shape{2, 3}));
  EXPECT_EQ(read.floats()[5], 6.0F);
}

TEST_F(FileTest, NpyWriterLearnsTheRowsLast) {
  NpyWriter writer(path("a.npy"), {2});
  for (float i = 0; i < 1000; ++i) writer.append(std::vector<float>{i, -i});
  writer.commit();
  const Tensor read = read_npy(path("a.npy"));
  EXPECT_EQ(read.shape(), (Shape{1000, 2}));
  EXPECT_EQ(read.floats()[1999], -999.0F);
}

TEST_F(FileTest, ReadsNpyFilesWrittenByNumPy) {
  const std::string folder = std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/npy/";
  EXPECT_EQ(read_npy(folder + "i64_2x3.npy").shape(), (Shape{2, 3}));
  EXPECT_EQ(read_npy(folder + "f16_scalar.npy").to_f32().floats()[0], 1.5F);
  EXPECT_THROW(read_npy(folder + "fortran.npy"), Error);
  EXPECT_THROW(read_npy(folder + "big_endian.npy"), Error);
  EXPECT_THROW(read_npy(folder + "object.npy"), Error);
}

TEST_F(FileTest, NpyHeadersAreHostile) {
  const auto refused = [&](std::string_view text) {
    write_file(path("bad.npy"), text);
    EXPECT_THROW(read_npy(path("bad.npy")), Error) << printable(text);
  };
  refused("");
  refused("\x93NUMPY");
  refused(std::string("\x93NUMPY\x01\x00\xff\xff", 10) + "{'descr'");
  const auto with_header = [](const std::string& dict) {
    return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(dict.size()) + '\0' + dict;
  };
  refused(with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"));  // no data
  refused(
      with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"));
  refused(with_header(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (281474976710656, 281474976710656)}"));
  refused(with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"));
  refused(with_header("{'shape': (1,)}"));
}

}  // namespace
}  // namespace evax

#include "evax/core/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

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
    remove_unfinished_files_on_signals();
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

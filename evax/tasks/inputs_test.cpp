#include "evax/tasks/inputs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;

class Inputs : public testing::Test {
 protected:
  void SetUp() override {
    // ctest runs each case in a process of its own, several at a time.
    root_ = fs::path(testing::TempDir()) / ("evax_inputs_test_" + std::to_string(::getpid()));
    fs::remove_all(root_);
    fs::create_directories(root_ / "b/.hidden");
    const std::string dicom = std::string(128, '\0') + "DICM" + std::string(100, '\0');
    write("b/2.PNG", "x");
    write("b/1.jpeg", "x");
    write("b/.hidden/3.png", "x");
    write("b/.secret.png", "x");
    write("b/notes.txt", "x");
    write("b/IM0001", dicom);
    write("a.png", "x");
  }
  void TearDown() override { fs::remove_all(root_); }
  void write(const std::string& name, const std::string& bytes) {
    write_file((root_ / name).string(), bytes);
  }
  std::string path(const std::string& name) const { return (root_ / name).string(); }

  fs::path root_;
};

TEST_F(Inputs, FolderGivesItsImagesSorted) {
  EXPECT_EQ(collect_images({root_.string()}),
            (std::vector<std::string>{path("a.png"), path("b/1.jpeg"), path("b/2.PNG"),
                                      path("b/IM0001")}));
}

TEST_F(Inputs, FilesKeepTheirOrderAndMissingOnesStay) {
  const std::vector<std::string> files{path("b/notes.txt"), path("missing.png"), path("a.png")};
  EXPECT_EQ(collect_images(files), files);
}

TEST_F(Inputs, PatternsMatch) {
  EXPECT_EQ(collect_images({path("*/[12].*")}),
            (std::vector<std::string>{path("b/1.jpeg"), path("b/2.PNG")}));
  EXPECT_THROW(collect_images({path("*.bmp")}), Error);
}

TEST_F(Inputs, FolderWithoutImagesIsAnError) {
  fs::create_directories(root_ / "empty");
  EXPECT_THROW(collect_images({path("empty")}), Error);
}

}  // namespace
}  // namespace evax::tasks

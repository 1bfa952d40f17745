#include "evax/core/normal_form.h"

#include "evax/core/file.h"
#include "evax/core/testing/support.h"

namespace evax {
namespace {

// UAX #15, table 5: U+00E9 is U+0065 U+0301, U+1E69 is U+0073 U+0323 U+0307; Hangul syllables too.
const std::string composed = "caf\xC3\xA9\xE1\xB9\xA9\xED\x95\x9C";
const std::string decomposed = "cafe\xCC\x81s\xCC\xA3\xCC\x87\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB";

TEST(NormalForm, FindsTheOtherFormOfFilesAndFolders) {
  const test::TestFolder folder;
  folder.write(composed + "/" + decomposed + ".png", "pixels");
  const std::string there = folder.file(composed + "/" + decomposed + ".png");
  EXPECT_EQ(existing_form(there), there);
  EXPECT_EQ(existing_form(folder.file(decomposed + "/" + composed + ".png")), there);
  EXPECT_EQ(existing_form(folder.file(decomposed)), folder.file(composed));
  EXPECT_EQ(read_file(folder.file(decomposed + "/" + composed + ".png"), 100).size(), 6U);
  EXPECT_EQ(MappedFile::open(folder.file(composed + "/" + composed + ".png"))->bytes().size(), 6U);
}

TEST(NormalForm, KeepsWhatIsNotThere) {
  const test::TestFolder folder;
  folder.write("cafe.png");
  for (const std::string& name : {composed, decomposed, std::string("a.png"),
                                  std::string("\xFF\xE9"), std::string("caf\xC3\xA9.png")})
    EXPECT_EQ(existing_form(folder.file(name)), folder.file(name));
  EXPECT_CONTAINS(test::error_of([&] { read_file(folder.file(composed), 100); }),
                  "No such file or directory");
}

}  // namespace
}  // namespace evax

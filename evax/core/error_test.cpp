#include "evax/core/error.h"

#include <gtest/gtest.h>

#include <new>
#include <vector>

#include "evax/core/csv.h"
#include "evax/core/json_text.h"

namespace evax {
namespace {

TEST(Printable, EscapesControlCharactersAndBrokenUtf8) {
  EXPECT_EQ(printable("a\nb\x1b[2J\x7f"), "a\\x0ab\\x1b[2J\\x7f");
  EXPECT_EQ(printable("\xff\xc0\xaf"), "\\xff\\xc0\\xaf");  // invalid, overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // surrogate
  EXPECT_EQ(printable("\xc2\x85"), "\\xc2\\x85");           // C1 control
  EXPECT_EQ(printable("Th\xc3\xb6rax \xe8\x82\xba"), "Th\xc3\xb6rax \xe8\x82\xba");
  EXPECT_EQ(printable("\xe8\x82"), "\\xe8\\x82");  // cut short
}

TEST(Printable, CutsInTheMiddle) {
  const std::string text = std::string(300, 'a') + std::string(300, 'z');
  const std::string cut = printable(text);
  EXPECT_EQ(cut.size(), 400U);
  EXPECT_TRUE(cut.starts_with("aaa") && cut.ends_with("zzz"));
  EXPECT_NE(cut.find("..."), std::string::npos);
}

TEST(Printable, NeverCutsACharacterInTwo) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "\xe8\x82\xba";
  EXPECT_EQ(printable(printable(text)), printable(text));  // still valid UTF-8
}

TEST(ErrorTest, FailFormatsOneLine) {
  try {
    fail("{}: expected {}, found {}", "a\nb.png", 1, 2);
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "a\\x0ab.png: expected 1, found 2");
  }
}

TEST(ErrorTest, WhatOneFileBringsAboutIsAReason) {
  EXPECT_EQ(attempt("a.png", [] {}), "");
  EXPECT_EQ(attempt("a.png", [] { fail("a.png: expected 1, found 2"); }),
            "a.png: expected 1, found 2");
  EXPECT_EQ(attempt("a.png", [] { fail("a_mask.png: missing"); }), "a_mask.png: missing");
  EXPECT_EQ(attempt("a.png", [] { throw std::runtime_error("odd"); }), "a.png: odd");
  EXPECT_EQ(attempt("a.png", [] { throw std::bad_alloc(); }), "a.png: not enough memory");
  EXPECT_EQ(attempt("a.png", [] { std::vector<int>().reserve(~size_t{0}); }),
            "a.png: not enough memory");
  EXPECT_EQ(attempt("a\xf6.png", [] { fail("a\xf6.png: expected 1, found 2"); }),
            "a\xf6.png: expected 1, found 2");
}

// A name that is not UTF-8 is escaped by who writes the reason, and so once.
TEST(ErrorTest, AReasonInCsvAndJsonIsEscapedOnce) {
  const std::string reason = attempt("l\xe4.png", [] { fail("l\xe4.png: broken"); });
  EXPECT_EQ(csv_field(reason), "l\\xe4.png: broken");
  EXPECT_EQ(json_text(nlohmann::json{{"reason", reason}}), R"({"reason":"l\\xe4.png: broken"})");
  EXPECT_EQ(printable(reason), "l\\xe4.png: broken");
}

TEST(ErrorTest, ASentenceIsCutAndItsNamesStayAsTheyAre) {
  const Error error(std::string(500, '\xe4'));
  EXPECT_EQ(error.sentence().size(), std::string(error.what()).size());
  EXPECT_TRUE(error.sentence().starts_with("\xe4\xe4"));
  EXPECT_EQ(Error("a\nb\xe4").sentence(), "a\nb\xe4");
}

}  // namespace
}  // namespace evax

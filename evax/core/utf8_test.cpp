#include "evax/core/utf8.h"

#include <gtest/gtest.h>

#include <set>

#include "evax/core/csv.h"
#include "evax/core/json_text.h"

namespace evax {
namespace {

// Well-formed and ill-formed sequences of the Unicode standard, section 3.9, tables 3-7 and 3-8.
TEST(Utf8, WellFormedTextStaysAsItIs) {
  for (const char* text : {"", "chest.png", "R\xc3\xb6ntgen", "\xe2\x82\xac", "\xf0\x9f\xab\x81",
                           "C:\\xrays\\new", "a\\xz1", "\\x4", "\\"})
    EXPECT_EQ(to_utf8(text), text);
}

TEST(Utf8, OtherBytesAreEscaped) {
  EXPECT_EQ(to_utf8("r\xf6ntgen.png"), "r\\xf6ntgen.png");
  EXPECT_EQ(to_utf8("\xc0\xaf"), "\\xc0\\xaf");           // overlong
  EXPECT_EQ(to_utf8("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(to_utf8("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(to_utf8("a\xe2\x82"), "a\\xe2\\x82");  // cut
}

TEST(Utf8, NoTwoTextsBecomeOneAndEachComesBack) {
  std::set<std::string> written;
  const std::vector<std::string> texts{"a\xf6",    "a\\xf6", "a\\\\xf6", "a\\\xf6", "a\xc3\xb6",
                                       "\\x5cxf6", "\\xf",   "\\x\xf6",  "\\xF6",   "\xff\xfe"};
  for (const std::string& text : texts) {
    EXPECT_EQ(from_utf8(to_utf8(text)), text);
    EXPECT_TRUE(written.insert(to_utf8(text)).second) << text;
  }
}

TEST(Utf8, CsvAndJsonHoldAnyName) {
  EXPECT_EQ(csv_field("r\xf6,1"), "\"r\\xf6,1\"");
  const nlohmann::ordered_json json{{"path\xff", "r\xf6.png"}, {"more", {1, "\xf6", nullptr}}};
  EXPECT_EQ(json_text(json), R"({"path\\xff":"r\\xf6.png","more":[1,"\\xf6",null]})");
}

// 400,000 keys: a writer that seeks each among all others needs minutes.
TEST(Utf8, ManyKeysTakeLinearTime) {
  auto object = nlohmann::ordered_json::object();
  for (int i = 0; i < 400'000; ++i) add_new(object, std::to_string(i), i);
  EXPECT_EQ(json_text(object).substr(0, 12), R"({"0":0,"1":1)");
}

}  // namespace
}  // namespace evax

#include "evax/core/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "evax/core/error.h"

namespace evax {
namespace {

std::string error_of(std::string_view text, size_t limit = max_json_bytes) {
  try {
    parse_json(text, "x.json", limit);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string nested(size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

TEST(Json, GivesWhatIsWritten) {
  const auto json = parse_json(R"({"b": [1, 2.5, "x"], "a": {"c": null}})", "x.json");
  EXPECT_EQ(json["b"][1], 2.5);
  EXPECT_TRUE(json["a"]["c"].is_null());
}

TEST(Json, DepthHasALimit) {
  EXPECT_NO_THROW(parse_json(nested(max_json_depth), "x.json"));
  EXPECT_EQ(error_of(nested(max_json_depth + 1)),
            "x.json: expected JSON of at most 64 levels, found more");
  EXPECT_EQ(error_of(std::string(1'000'000, '[')),
            "x.json: expected JSON of at most 64 levels, found more");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  EXPECT_EQ(error_of(objects), "x.json: expected JSON of at most 64 levels, found more");
}

// Brackets in texts nest nothing, and a text goes on behind an escaped quote.
TEST(Json, BracketsInTextsAreNoLevels) {
  const std::string many(1000, '[');
  EXPECT_NO_THROW(parse_json(R"({"a": ")" + many + R"("})", "x.json"));
  EXPECT_NO_THROW(parse_json(R"({"a": "\"\\\")" + many + R"("})", "x.json"));
  EXPECT_NE(error_of(R"({"a": "\\", "b": )" + many).find("64 levels"), std::string::npos);
}

TEST(Json, SizeHasALimit) {
  EXPECT_EQ(error_of(R"({"a": 1})", 7), "x.json: expected at most 7 bytes of JSON, found 8");
  EXPECT_NO_THROW(parse_json(R"({"a": 1})", "x.json", 8));
}

TEST(Json, WhatIsNoJsonIsNamed) {
  EXPECT_EQ(error_of(R"({"a": 1,})"), "x.json: expected JSON, found an error in it at byte 9");
  EXPECT_EQ(error_of(""), "x.json: expected JSON, found an error in it at byte 1");
  EXPECT_EQ(error_of("1e999"), "x.json: expected JSON, found a number out of range in it");
  EXPECT_EQ(error_of(std::string("{}\0\0", 4)),
            "x.json: expected JSON, found a zero byte at byte 2");
  EXPECT_NE(error_of("\"\xff\""), "no error");
}

// 400,000 keys: a parser that seeks each among all others needs minutes.
TEST(Json, ManyKeysTakeLinearTime) {
  std::string text = "{";
  for (int i = 0; i < 400'000; ++i) text += '"' + std::to_string(i) + "\":0,";
  text.back() = '}';
  EXPECT_EQ(parse_json(text, "x.json").size(), 400'000U);
}

TEST(Json, NewKeysAreAddedInOrderAndLinearTime) {
  auto object = nlohmann::ordered_json::object();
  for (int i = 400'000; i > 0; --i) add_new(object, std::to_string(i), i);
  EXPECT_EQ(object.size(), 400'000U);
  EXPECT_EQ(object.begin().key(), "400000");
  EXPECT_EQ(object["1"], 1);
}

TEST(Json, ValuesAreShownShort) {
  EXPECT_EQ(shown(parse_json("[[1]]", "x")), "array");
  EXPECT_EQ(shown(parse_json("1.5", "x")), "1.5");
  EXPECT_EQ(shown(parse_json('"' + std::string(1000, 'a') + '"', "x")).size(), 60U);
}

}  // namespace
}  // namespace evax

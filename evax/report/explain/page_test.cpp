#include "evax/report/explain/page.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "evax/image/read.h"
#include "evax/report/explain/picture.h"
#include "evax/report/explain/sample_page.h"
#include "evax/report/test_support.h"

namespace evax::report {
namespace {

// What stands between an element's tags.
std::string block(const std::string& page, const std::string& id) {
  const size_t tag = page.find("<script id=\"" + id + "\"");
  const size_t begin = page.find('>', tag) + 1;
  return page.substr(begin, page.find("</script>", begin) - begin);
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(ExplanationPage, HoldsWhatIsShown) {
  const std::string page = explanation_page(explanation_sample(2));
  const auto json = nlohmann::json::parse(block(page, "page"));
  EXPECT_EQ(json["models"].size(), 2U);
  EXPECT_EQ(json["models"][0]["classes"][2]["name"], "Effusion");
  EXPECT_EQ(json["models"][0]["exclusive"], false);
  EXPECT_EQ(json["images"][0]["explanations"][1]["seen"]["width"], 896);
  const auto& explanation = json["images"][0]["explanations"][0];
  for (size_t c = 0; c < 14; ++c)
    EXPECT_EQ(explanation["positive"][c], explanation["probabilities"][c] >= 0.3) << c;
  EXPECT_EQ(json["images"][0]["truth"][0]["label"], "Cardiomegaly");
  EXPECT_EQ(json["colours"].size(), 256U);
  EXPECT_EQ(json["colours"][0], (nlohmann::json{68, 1, 84}));
  EXPECT_FALSE(block(page, "maps-1-1").empty());
  expect_order(page,
               {"<h1>", "<nav", "<main>", "<aside", disclaimer, "How this was made", "sha256"});
}

TEST(ExplanationPage, AsksForNothingAndRunsOnlyItsOwnScript) {
  const std::string page = explanation_page(explanation_sample(1));
  EXPECT_CONTAINS(page, "default-src 'none'");
  EXPECT_CONTAINS(page, "script-src 'sha256-");
  for (const char* part :
       {"http:", "https:", "@import", "<link", "<iframe", "onclick=", "unsafe-eval"})
    EXPECT_EQ(page.find(part), std::string::npos) << part;
}

TEST(ExplanationPage, HostileNamesAreHarmless) {
  const std::string hostile =
      "\"></script><script>x</script><img src=x onerror='y'>\xE2\x80\xAE\x01\xFF";
  const std::string harmless = explanation_page(explanation_sample(1));
  ExplanationPage sample = explanation_sample(1);
  sample.title = sample.models[0].name = sample.models[0].sha256 = hostile;
  sample.models[0].classes[0].name = hostile + std::string(100'000, 'x');
  sample.images[0].name = sample.images[0].truth[0].label = hostile;
  sample.facts = {{hostile, hostile}};
  const std::string page = explanation_page(sample);
  for (const char* tag : {"<script", "</script", "<img"})
    EXPECT_EQ(count(page, tag), count(harmless, tag)) << tag;
  EXPECT_EQ(page.find('\x01'), std::string::npos);
  EXPECT_EQ(page.find('\xFF'), std::string::npos);
  EXPECT_LT(page.size(), harmless.size() + 50'000);
}

TEST(ExplanationPage, WhatAModelDoesNotGiveIsMissing) {
  ExplanationPage sample = explanation_sample(1);
  sample.models.pop_back();
  sample.images[0].explanations.pop_back();
  sample.models[0].classes[1].threshold.reset();
  Explanation& explanation = sample.images[0].explanations[0];
  explanation.cam[0].clear();
  explanation.probabilities[0] = std::nan("");
  explanation.attention.clear();
  const auto json = nlohmann::json::parse(block(explanation_page(sample), "page"));
  EXPECT_TRUE(json["models"][0]["classes"][1]["threshold"].is_null());
  const auto& written = json["images"][0]["explanations"][0];
  EXPECT_EQ(written["cam"].size(), 13U);
  EXPECT_EQ(written["cam"][0], 1);
  EXPECT_TRUE(written["probabilities"][0].is_null());
  EXPECT_FALSE(written["attention"]);
}

TEST(ExplanationPage, AnAddressIsEscaped) {
  EXPECT_EQ(page_address(2, "Pleural_Thickening"), "#image=3&finding=Pleural_Thickening");
  EXPECT_EQ(page_address(0, "a b&\"\xC3\xA9"), "#image=1&finding=a%20b%26%22%C3%A9");
}

TEST(ExplanationPage, SizesThatDoNotFitAreRefused) {
  const auto refused = [](auto spoil) {
    ExplanationPage sample = explanation_sample(1);
    spoil(sample);
    EXPECT_THROW(explanation_page(sample), std::logic_error);
  };
  refused([](ExplanationPage& page) { page.images.clear(); });
  refused([](ExplanationPage& page) { page.models.clear(); });
  refused([](ExplanationPage& page) { page.images[0].explanations.pop_back(); });
  refused([](ExplanationPage& page) { page.images[0].explanations[0].cam[3].pop_back(); });
  refused([](ExplanationPage& page) { page.images[0].explanations[0].probabilities.pop_back(); });
  refused([](ExplanationPage& page) { page.images[0].explanations[0].positive.pop_back(); });
  refused([](ExplanationPage& page) { page.images[0].explanations[0].attention.pop_back(); });
}

TEST(DisplayPicture, HasAtMost1024PixelsASide) {
  const auto shown = [](int width, int height) {
    const image::Image grey{width, height, 1,
                            std::vector<uint8_t>(static_cast<size_t>(width) * height, 128)};
    const std::string picture = display_picture(grey);
    const auto read = image::decode(std::as_bytes(std::span(picture)), "picture").image;
    return std::pair(read.width, read.height);
  };
  EXPECT_EQ(shown(2048, 100), std::pair(1024, 50));
  EXPECT_EQ(shown(3, 4), std::pair(3, 4));
}

}  // namespace
}  // namespace evax::report

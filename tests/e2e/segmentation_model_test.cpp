// A segmentation model through the real binaries: imported from mmsegmentation's checkpoint,
// described, run, and refused where a classifier is wanted.

#include <nlohmann/json.hpp>

#include "evax/core/npy.h"
#include "tests/e2e/binary.h"

namespace evax::e2e {
namespace {

using Json = nlohmann::ordered_json;

std::string official(const std::string& name) {
  return source_file("tests/fixtures/seg/network/tiny_seg" + name);
}

class SegmentationModel : public testing::Test {
 protected:
  const Folder folder_;
  const std::string model_ = folder_.file("m.safetensors");

  void SetUp() override {
    const Process imported =
        evax({"import", official(".pth"), "-o", model_, "--classes", "pneumonia"});
    ASSERT_EQ(imported.exit_code, 0) << imported.err;
  }
};

TEST_F(SegmentationModel, IsDescribed) {
  const Process info = evax({"info", model_, "--json", "--flops"});
  ASSERT_EQ(info.exit_code, 0) << info.err;
  const Json json = Json::parse(info.out);
  EXPECT_EQ(json["task"], "segmentation");
  EXPECT_EQ(json["classes"], Json({"pneumonia"}));
  EXPECT_EQ(json["thresholds"], Json({0.3}));
  EXPECT_EQ(json["parameters"], 868'213);
  EXPECT_EQ(json["decoder"]["kind"], "upernet");
  EXPECT_TRUE(json["stages"].contains("decode_head"));
}

// README.md of the fixtures.
TEST_F(SegmentationModel, GivesEveryPixelTheOfficialLogit) {
  const std::string logits = folder_.file("l.npy");
  const Process forward =
      evax({"forward", model_, "--input", official("_input.npy"), "--logits", logits});
  ASSERT_EQ(forward.exit_code, 0) << forward.err;
  const Tensor found = read_npy(logits), expected = read_npy(official("_logits_up.npy"));
  ASSERT_EQ(found.shape(), expected.shape());
  for (size_t i = 0; i < expected.floats().size(); ++i)
    ASSERT_NEAR(found.floats()[i], expected.floats()[i], 3e-5) << i;
}

TEST_F(SegmentationModel, IsRefusedWhereAClassifierIsWanted) {
  const std::string image = source_file("demo/xrays");
  for (const auto& arguments :
       {std::vector<std::string>{"predict", model_, image},
        std::vector<std::string>{"embed", model_, image, "-o", folder_.file("e.npy")},
        std::vector<std::string>{"forward", model_, "--input", official("_input.npy"), "--features",
                                 folder_.file("f.npy")}}) {
    const Process refused = evax(arguments);
    EXPECT_EQ(refused.exit_code, 1) << arguments[0];
    EXPECT_NE(refused.err.find("segmentation model"), std::string::npos) << refused.err;
  }
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"m.safetensors"});
}

}  // namespace
}  // namespace evax::e2e

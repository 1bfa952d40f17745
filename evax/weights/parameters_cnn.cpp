#include <array>

#include "evax/weights/cnn.h"

namespace evax::weights {
namespace {

class Tensors {
 public:
  void conv(const std::string& name, int64_t out, int64_t in, int64_t kernel) {
    list_.emplace_back(name + ".weight", Shape{out, in, kernel, kernel});
  }
  void norm(const std::string& name, int64_t channels) {
    for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
      list_.emplace_back(name + part, Shape{channels});
  }
  void head(const std::string& name, int64_t out, int64_t in) {
    if (out == 0) return;
    list_.emplace_back(name + ".weight", Shape{out, in});
    list_.emplace_back(name + ".bias", Shape{out});
  }
  std::vector<std::pair<std::string, Shape>> take() { return std::move(list_); }

 private:
  std::vector<std::pair<std::string, Shape>> list_;
};

void add_bottleneck(Tensors& tensors, const std::string& block, int64_t in, int64_t width,
                    bool downsample) {
  tensors.conv(block + "conv1", width, in, 1);
  tensors.norm(block + "bn1", width);
  tensors.conv(block + "conv2", width, width, 3);
  tensors.norm(block + "bn2", width);
  tensors.conv(block + "conv3", 4 * width, width, 1);
  tensors.norm(block + "bn3", 4 * width);
  if (!downsample) return;
  tensors.conv(block + "downsample.0", 4 * width, in, 1);
  tensors.norm(block + "downsample.1", 4 * width);
}

void add_dense_layer(Tensors& tensors, const std::string& layer, int64_t in, int64_t growth) {
  tensors.norm(layer + "norm1", in);
  tensors.conv(layer + "conv1", 4 * growth, in, 1);
  tensors.norm(layer + "norm2", 4 * growth);
  tensors.conv(layer + "conv2", growth, 4 * growth, 3);
}

}  // namespace

std::vector<std::pair<std::string, Shape>> resnet_parameters(int num_classes) {
  constexpr std::array blocks{3, 4, 6, 3};
  Tensors tensors;
  tensors.conv("conv1", 64, 3, 7);
  tensors.norm("bn1", 64);
  int64_t channels = 64;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const int64_t width = int64_t{64} << i;
    for (int j = 0; j < blocks[i]; ++j) {
      const std::string block = "layer" + std::to_string(i + 1) + "." + std::to_string(j) + ".";
      add_bottleneck(tensors, block, channels, width, j == 0);
      channels = 4 * width;
    }
  }
  tensors.head("fc", num_classes, channels);
  return tensors.take();
}

std::vector<std::pair<std::string, Shape>> densenet_parameters(int num_classes) {
  constexpr std::array layers{6, 12, 24, 16};
  constexpr int64_t growth = 32;
  Tensors tensors;
  tensors.conv("features.conv0", 64, 3, 7);
  tensors.norm("features.norm0", 64);
  int64_t channels = 64;
  for (size_t i = 0; i < layers.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    for (int j = 1; j <= layers[i]; ++j) {
      const std::string block = "features.denseblock" + number + ".";
      add_dense_layer(tensors, block + "denselayer" + std::to_string(j) + ".", channels, growth);
      channels += growth;
    }
    if (i + 1 == layers.size()) break;
    tensors.norm("features.transition" + number + ".norm", channels);
    tensors.conv("features.transition" + number + ".conv", channels / 2, channels, 1);
    channels /= 2;
  }
  tensors.norm("features.norm5", channels);
  tensors.head("classifier", num_classes, channels);
  return tensors.take();
}

}  // namespace evax::weights

#include <array>

#include "evax/weights/cnn.h"
#include "evax/weights/parameter_list.h"

namespace evax::weights {
namespace {

void add_bottleneck(Scope& model, const std::string& block, int64_t in, int64_t width,
                    bool downsample) {
  model.conv(block + "conv1", width, in, 1);
  model.batch_norm(block + "bn1", width);
  model.conv(block + "conv2", width, width, 3);
  model.batch_norm(block + "bn2", width);
  model.conv(block + "conv3", 4 * width, width, 1);
  model.batch_norm(block + "bn3", 4 * width);
  if (!downsample) return;
  model.conv(block + "downsample.0", 4 * width, in, 1);
  model.batch_norm(block + "downsample.1", 4 * width);
}

void add_dense_layer(Scope& model, const std::string& layer, int64_t in, int64_t growth) {
  model.batch_norm(layer + "norm1", in);
  model.conv(layer + "conv1", 4 * growth, in, 1);
  model.batch_norm(layer + "norm2", 4 * growth);
  model.conv(layer + "conv2", growth, 4 * growth, 3);
}

}  // namespace

Parameters resnet_parameters(int num_classes) {
  constexpr std::array blocks{3, 4, 6, 3};
  Parameters parameters;
  Scope model(parameters);
  model.conv("conv1", 64, 3, 7);
  model.batch_norm("bn1", 64);
  int64_t channels = 64;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const int64_t width = int64_t{64} << i;
    for (int j = 0; j < blocks[i]; ++j) {
      const std::string block = "layer" + std::to_string(i + 1) + "." + std::to_string(j) + ".";
      add_bottleneck(model, block, channels, width, j == 0);
      channels = 4 * width;
    }
  }
  if (num_classes > 0) model.linear("fc", num_classes, channels);
  return parameters;
}

Parameters densenet_parameters(int num_classes) {
  constexpr std::array layers{6, 12, 24, 16};
  constexpr int64_t growth = 32;
  Parameters parameters;
  Scope model(parameters);
  model.conv("features.conv0", 64, 3, 7);
  model.batch_norm("features.norm0", 64);
  int64_t channels = 64;
  for (size_t i = 0; i < layers.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    for (int j = 1; j <= layers[i]; ++j) {
      const std::string block = "features.denseblock" + number + ".";
      add_dense_layer(model, block + "denselayer" + std::to_string(j) + ".", channels, growth);
      channels += growth;
    }
    if (i + 1 == layers.size()) break;
    model.batch_norm("features.transition" + number + ".norm", channels);
    model.conv("features.transition" + number + ".conv", channels / 2, channels, 1);
    channels /= 2;
  }
  model.batch_norm("features.norm5", channels);
  if (num_classes > 0) model.linear("classifier", num_classes, channels);
  return parameters;
}

}  // namespace evax::weights

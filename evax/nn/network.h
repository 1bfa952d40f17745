#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <memory>
#include <vector>

#include "evax/weights/model_file.h"

namespace evax::nn {

/// What becomes of the patch embedding's gradient: nothing is done, it is cut (classification's
/// stop_grad_conv1, spec A.2), or it is scaled by 0.1 (pre-training's .9/.1 mix, spec B.3).
enum class StopGradient { none, detach, mix };

/// Settings of transformers; the convolutional networks have the last two alone.
struct NetworkOptions {
  double drop_path = 0;            // rate of the last block; linspace(0, rate, depth) (spec A.2)
  bool checkpoint_blocks = false;  // recompute activations of a block in backward: less memory
  StopGradient stop_grad_conv1 = StopGradient::none;
  double dropout = 0.1;  // of whole channels before a decoder's last layer (spec D.4)
  int frozen = 0;  // the first blocks, or layers of a ResNet, with all before them, do not learn
};

/// A network for training. N images, D = embed_dim. Its parameters, and the buffers that a file
/// keeps, are named and shaped as weights::parameters_of(config) says.
class Network : public torch::nn::Module {
 public:
  explicit Network(const weights::ModelConfig& config, const NetworkOptions& options = {})
      : config_(config), options_(options) {}

  /// images [N, 3, S, S], normalised -> the input of the head, [N, D], in float32 at least; of
  /// segmentation's conv_seg, [N, channels, h, w].
  /// keep: undefined, or the factor of everything that may be dropped of every image, 0 where it
  /// was and 1 / (1 - rate) elsewhere (keep_factors): a transformer's residual branches, 2 * depth,
  /// then a decoder's channels.
  virtual at::Tensor features(const at::Tensor& images, const at::Tensor& keep = {}) = 0;
  /// The head on features, in float32 at least whatever autocast says: [N, num_classes], on any
  /// tokens of EVA-CLIP [..., projection], of segmentation [N, num_classes, h, w]; the features
  /// themselves without a head.
  at::Tensor logits(const at::Tensor& features) const;
  /// logits(features(images)); of segmentation brought to the images' size by bilinear
  /// interpolation, [N, num_classes, S, S].
  at::Tensor forward(const at::Tensor& images, const at::Tensor& keep = {});

  /// Names and shapes of what a file keeps of this network, in its order.
  virtual std::vector<std::pair<std::string, Shape>> file_parameters() const;

  const weights::ModelConfig& config() const { return config_; }
  const NetworkOptions& options() const { return options_; }

 protected:
  /// Registers the head, last of all modules; nothing without classes.
  void make_head();
  /// What logits() runs: the head that make_head() registered.
  virtual at::Tensor classify(const at::Tensor& features) const;

 private:
  weights::ModelConfig config_;
  NetworkOptions options_;
  std::shared_ptr<struct Linear> head_;  // null without classes
};

/// The network of that architecture, to be initialised or loaded. Throws Error for a configuration
/// that makes none.
std::shared_ptr<Network> make_network(const weights::ModelConfig& config,
                                      const NetworkOptions& options = {});

/// Factors for the samples of a batch, float32 [N, 2 * depth], keyed by (seed, epoch, sample,
/// Draw::drop_path), so that neither rank nor batch changes them.
at::Tensor drop_path_factors(const NetworkOptions& options, int depth, uint64_t seed,
                             uint32_t epoch, const std::vector<uint32_t>& samples);

/// Factors of all that a network drops, float32 [N, columns of Network::features' keep]: those of
/// drop_path_factors, and with a decoder those of Dropout2d, keyed by (seed, epoch, sample,
/// Draw::dropout).
at::Tensor keep_factors(const Network& network, uint64_t seed, uint32_t epoch,
                        const std::vector<uint32_t>& samples);

/// Fresh weights as the architecture's authors draw them (EVA-X: the classification constructor,
/// spec A.5; ViT: timm; ResNet, DenseNet: torchvision; decoders: spec D.4), keyed by (seed,
/// parameter name).
void initialise(Network& network, uint64_t seed);
/// The head alone, as in initialise.
void initialise_head(Network& network, uint64_t seed);

/// Copies the file's parameters into the network; names and shapes are those of the network but for
/// its heads (of classes; of pre-training, lm_head), each left alone when the file has none of as
/// many outputs, and mask_token, left alone when the file has none. A head or mask_token that the
/// network has not is not copied. Throws Error.
void load(Network& network, const weights::ModelFile& file);
/// Fills a segmentation network from the file of a classifier or a pre-trained encoder, whose final
/// norm and head are not copied. The decoder, and what a partial ResNet lacks, stays as it is.
void load_encoder(Network& network, weights::ModelFile file);
/// The parameters as a file holds them, float32, on the CPU.
weights::TensorMap parameters_of(const Network& network);

}  // namespace evax::nn

#pragma once

#include <memory>
#include <utility>

#include "evax/nn/vision_transformer.h"

namespace evax::nn {

/// The student of masked image modelling (EVA-02, arXiv 2303.11331; spec B.3): a vision transformer
/// that sees a mask token in place of every hidden patch, and a linear map from its width to the
/// teacher's. All tokens are encoded; there is no decoder. Beside its transformer's parameters it
/// has mask_token and lm_head.*, as a pre-trained model file keeps them.
class MaskedVisionTransformer : public VisionTransformer {
 public:
  /// target_width: numbers of one target.
  MaskedVisionTransformer(const weights::ModelConfig& config, int64_t target_width,
                          const NetworkOptions& options = {});

  /// images [N, 3, S, S]; hidden: int64 [M], ascending, the hidden patches among the N * G^2 of the
  /// batch, image by image, row by row. What the student expects there, in float32 at least:
  /// [M, target_width].
  at::Tensor predict(const at::Tensor& images, const at::Tensor& hidden,
                     const at::Tensor& keep = {});
  /// tokens() of images whose hidden patches are not seen.
  at::Tensor masked_tokens(const at::Tensor& images, const at::Tensor& hidden,
                           const at::Tensor& keep = {}, const at::Tensor& rows = {});

  int64_t target_width() const { return target_width_; }
  std::vector<std::pair<std::string, Shape>> file_parameters() const override;

 private:
  int64_t target_width_;
  at::Tensor mask_token_;
  std::shared_ptr<Linear> lm_head_;
};

/// Fresh weights as EVA-02 draws them for pre-training (spec B.6), keyed by (seed, parameter name):
/// embeddings and tokens normal, cut at one standard deviation; matrices Xavier-normal.
void initialise(MaskedVisionTransformer& network, uint64_t seed);
/// lm_head alone.
void initialise_lm_head(MaskedVisionTransformer& network, uint64_t seed);

}  // namespace evax::nn

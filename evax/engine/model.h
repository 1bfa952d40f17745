#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evax/engine/precision.h"
#include "evax/weights/model_file.h"

namespace evax::engine {

struct Options {
  Precision precision = Precision::fp32;  // automatic: see choice.h
  size_t threads = 0;                     // 0: all the process may use
};

/// Where forward() writes; a null pointer: not requested. N images, D = embed_dim.
struct Outputs {
  float* logits = nullptr;    // [N, num_classes], before sigmoid or softmax; with a decoder
                              // [N, num_classes, image_size, image_size]
  float* features = nullptr;  // [N, D], fc_norm(mean of the patch tokens) or norm(cls token): the
                              // head's input; without a decoder alone
  float* tokens = nullptr;    // [N, 1 + grid^2, D], output of the last block, cls first
};

struct StageTime {
  std::string_view stage;
  double seconds;
};

/// A class for grad_cam(): the one with the largest logit.
inline constexpr int top_class = -1;

/// Where grad_cam() writes; a null pointer: not requested. N images, K classes, G = grid.
struct CamOutputs {
  float* raw = nullptr;      // [N, K, G, G], the map before ReLU: the activations' weighted sum
  float* weights = nullptr;  // [N, K, D], mean over the patches of d logit / d activation
  float* logits = nullptr;   // [N, num_classes]
};

/// Whether a model can be made of such a network: vision transformers with heads of 64 channels.
bool runs(const weights::ModelConfig& config);

/// A vision transformer (EVA-X, a plain ViT, EVA-CLIP), with a classifier or with UPerNet, its
/// weights packed for this CPU. Immutable: any number of sessions, on any threads, run one model at
/// once.
class Model {
 public:
  /// Packs the weights on `options.threads` threads. Throws Error for a network that runs() refuses
  /// and for bf16 on a CPU without it.
  explicit Model(const weights::ModelFile& file, const Options& options = {});
  ~Model();
  Model(Model&&) noexcept;

  const weights::ModelConfig& config() const;
  Precision precision() const;  // fp32 or bf16, never automatic
  /// "fp32 AVX3", "int8 AMX and bf16 AMX": precision and kernel.
  std::string description() const;
  /// Memory of the packed weights; those of Grad-CAM come on top once it is asked for.
  size_t bytes() const;

 private:
  friend class Session;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Threads and their memory, to run a model. One call at a time: a program that serves several
/// requests at once makes a session for each, of one model. A call uses the session's threads: one
/// image per thread, or all threads on a single image (always with a decoder).
class Session {
 public:
  /// threads: 0 for all the process may use.
  explicit Session(std::shared_ptr<const Model> model, size_t threads = 0);
  /// With a model of its own.
  explicit Session(const weights::ModelFile& file, const Options& options = {});
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// images: float32 [count, 3, image_size, image_size], normalised. Thread count and batching do
  /// not change a bit of the result, in any precision.
  void forward(const float* images, size_t count, const Outputs& outputs) const;
  /// Output of the last block at rows[i] (ascending, below 1 + grid^2; 0 is the cls token) of image
  /// i, for as many images as `rows` has: float32 [sum of the rows, D], image by image, the same
  /// bits as forward(). Images without rows are not run; the second half of the last block is not
  /// computed for other rows.
  void tokens(const float* images, std::span<const std::vector<uint32_t>> rows,
              float* tokens) const;

  /// Grad-CAM of the logits of `classes` (indices or top_class) at norm1 of the last block, as the
  /// original has it (spec E); the last block and the way back are float32 in any precision. The
  /// first call packs what it needs of the weights. Throws Error when the model has no such class.
  void grad_cam(const float* images, size_t count, std::span<const int> classes,
                const CamOutputs& outputs) const;
  /// How much of every token the tokens `rows` (0 is the cls token) take in block `layer`:
  /// softmax(q kᵀ / 8), queries and keys rotated, float32 [count, num_heads, rows, 1 + grid^2].
  /// Rows sum to 1. Throws Error when there is no such layer or row.
  void attention(const float* images, size_t count, size_t layer, std::span<const uint32_t> rows,
                 float* weights) const;
  /// Attention rollout (Abnar and Zuidema, arXiv 2005.00928): the product over the layers of half
  /// the mean attention of the heads and half the identity, which represents the residual path.
  /// float32 [count, 1 + grid^2, 1 + grid^2]: row i holds the shares of all tokens in token i.
  void rollout(const float* images, size_t count, float* rollout) const;

  const Model& model() const;
  const weights::ModelConfig& config() const;
  size_t threads() const;
  /// Memory of the activations, without what Grad-CAM and rollout take when they are asked for.
  size_t bytes() const;
  /// Seconds in each stage since construction, summed over threads.
  std::vector<StageTime> profile() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// "avx512f avx512_bf16 ..."; the matmul kernels chosen for each precision and what `auto` means,
/// for --version.
std::string cpu_features();
std::string kernels();
/// "AMX": the matmul kernel that a precision (not automatic) runs on, or its layers in 8 bits.
std::string kernel_name(Precision precision, bool int8 = false);
/// Whether this CPU multiplies bf16 natively.
bool has_bf16();

}  // namespace evax::engine

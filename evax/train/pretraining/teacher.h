#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "evax/train/optim/precision.h"
#include "evax/train/recipe/recipe.h"
#include "evax/weights/config.h"

namespace evax::train {

/// The frozen tokenizer of masked image modelling (spec B.4): its tokens are what the student
/// predicts.
class Teacher {
 public:
  virtual ~Teacher() = default;

  /// Reads [teacher].model and fits it to the student's grid of patches. `corpus` holds the mean
  /// and std that the images come with. A teacher on the engine runs on the CPU, whatever the
  /// device. Throws Error: a missing file, another kind of network, a grid that cannot be made.
  static std::unique_ptr<Teacher> make(const TeacherRecipe& recipe,
                                       const weights::ModelConfig& student,
                                       const weights::Preprocess& corpus, const at::Device& device,
                                       Precision precision);

  /// Side in pixels of the square view of a crop that it looks at.
  virtual int view_size() const = 0;
  /// Numbers of one target.
  virtual int width() const = 0;
  /// One sentence each for the run's header: which network, its view, normalisation and backend.
  virtual std::vector<std::string> notes() const = 0;

  /// images: float32 [N, 3, view, view] on the device, normalised as the corpus is; patches: int64
  /// [M], ascending, indices of patches among the N * G^2 of the batch, image by image, row by row.
  /// The targets of those patches: after the final norm and the projection, float32 [M, width].
  virtual at::Tensor targets(const at::Tensor& images, const at::Tensor& patches) = 0;
};

}  // namespace evax::train

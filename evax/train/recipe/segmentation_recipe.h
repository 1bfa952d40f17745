#pragma once

namespace evax::train {

/// [decoder], segmentation only: what follows the encoder (weights::DecoderConfig), and how its
/// output is scored.
struct DecoderRecipe {
  int channels = 256;
  double dropout = 0.1;    // of whole channels before the last layer
  double threshold = 0.3;  // a pixel is of the class above it (mmsegmentation's default); 0: chosen
                           // on the validation list
};

/// [loss], segmentation only: the weights of a segmentation's losses, which are added; the paper
/// has binary cross entropy alone (spec D.4).
struct SegmentationLoss {
  double bce = 1;
  double focal = 0;  // binary cross entropy of every pixel times its share and (1 - p)^focal_gamma,
                     // p being the probability of the truth (Lin et al., arXiv 1708.02002)
  double dice = 0;   // 1 - the soft Dice of every image and class (Milletari et al., 1606.04797)
  double focal_gamma = 2;
  double focal_alpha = 0.5;  // share of pixels of the class; of the others 1 - focal_alpha
};

}  // namespace evax::train

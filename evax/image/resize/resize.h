#pragma once

#include "evax/core/interpolate.h"
#include "evax/image/image.h"

namespace evax::image {

/// Pillow's antialiased Image.resize on 8 bits, bit for bit: 22-bit fixed-point coefficients, the
/// horizontal pass first, rounded to 8 bits in between. Box, bilinear and bicubic (a = -0.5).
Image resize(const Image& image, int width, int height, Interpolation interpolation);

/// OpenCV's cv2.resize(INTER_LINEAR) on 8 bits, bit for bit: no antialiasing, weights of 11 bits
/// (spec D.2, the segmentation models' preprocessing).
Image resize_cv2(const Image& image, int width, int height);

/// OpenCV's cv2.resize(INTER_NEAREST), for masks: pixel floor(i * in / out) of every row and column
/// (spec D.2).
Image resize_nearest(const Image& image, int width, int height);

/// The window of `width` x `height` whose corner is torchvision's CenterCrop: round half to even of
/// (extent - size) / 2; zero padding where the image is smaller (spec C.4).
Image center_crop(const Image& image, int width, int height);
/// Where that window begins along one axis; negative where there is padding.
int center_crop_start(int extent, int size);

}  // namespace evax::image

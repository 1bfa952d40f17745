#pragma once

#include <functional>

#include "evax/data/segmentation/image_names.h"
#include "evax/data/segmentation/sources.h"

namespace evax::data {

/// Mask files of one structure.
struct MaskLayer {
  uint8_t index = 1;     // the class that every marked pixel gets; 0: the files' own classes
  ImagesByName files;    // by the name of the image they belong to
  size_t classes = 1;    // in a file
  bool enlarge = false;  // files may be a whole fraction of their image's size
};

/// Puts images and masks together by name; of several files of an image the marked pixels of all
/// count. An image without mask is a negative where `negatives` says so, else unpaired.
AnnotatedSet pair_up(const ImagesByName& images, std::vector<MaskLayer> layers, bool negatives);

/// The files below a folder by the name that `name_of` makes of theirs.
ImagesByName masks_below(const std::string& folder,
                         const std::function<std::string(const std::string&)>& name_of);

}  // namespace evax::data

#include "evax/data/segmentation/mask_files.h"

#include <memory>
#include <set>

#include "evax/core/error.h"
#include "evax/image/resize/resize.h"

namespace evax::data {
namespace {

bool is_whole_fraction(const Mask& part, const image::Image& image) {
  const int factor = image.width / part.width;
  return factor > 1 && part.width * factor == image.width && part.height * factor == image.height;
}

void add_file(const MaskLayer& layer, const std::string& file, const AnnotatedImage& owner,
              const image::Image& image, Mask& mask) {
  Mask part = read_mask(file, layer.classes, MaskValues::automatic);
  if (layer.enlarge && is_whole_fraction(part, image))
    part = image::resize_nearest(part, image.width, image.height);
  check_same_size(part, file, image, owner.path);
  for (size_t i = 0; i < part.pixels.size(); ++i)
    if (part.pixels[i] != 0) mask.pixels[i] = layer.index == 0 ? part.pixels[i] : layer.index;
}

Mask merged(const std::vector<MaskLayer>& layers, const AnnotatedImage& owner,
            const image::Image& image) {
  Mask mask{image.width, image.height, 1,
            std::vector<uint8_t>(static_cast<size_t>(image.width) * image.height)};
  for (const MaskLayer& layer : layers)
    if (const auto found = layer.files.find(owner.name); found != layer.files.end())
      for (const std::string& file : found->second) add_file(layer, file, owner, image, mask);
  return mask;
}

bool has_mask(const std::vector<MaskLayer>& layers, const std::string& name) {
  for (const MaskLayer& layer : layers)
    if (layer.files.contains(name)) return true;
  return false;
}

}  // namespace

AnnotatedSet pair_up(const ImagesByName& images, std::vector<MaskLayer> its_layers,
                     bool negatives) {
  const auto layers = std::make_shared<const std::vector<MaskLayer>>(std::move(its_layers));
  AnnotatedSet set;
  for (const auto& [name, paths] : images) {
    const std::string& path = paths.front();
    if (paths.size() > 1) {
      set.unpaired.push_back(
          fmt::format("{}: expected one image named {}, found also {}", path, name, paths[1]));
    } else if (has_mask(*layers, name)) {
      AnnotatedImage& image = set.images.emplace_back();
      image.name = name;
      image.path = path;
      image.make_mask =
          [layers, owner = AnnotatedImage{name, path, "", {}, {}}](const image::Image& picture) {
            return merged(*layers, owner, picture);
          };
    } else if (negatives) {
      ++set.negatives;
    } else {
      set.unpaired.push_back(fmt::format("{}: expected a mask of the same name, found none", path));
    }
  }
  for (const MaskLayer& layer : *layers)
    for (const auto& [name, files] : layer.files)
      if (!images.contains(name))
        set.unpaired.push_back(
            fmt::format("{}: expected an image named {}, found none", files.front(), name));
  return set;
}

ImagesByName masks_below(const std::string& folder,
                         const std::function<std::string(const std::string&)>& name_of) {
  ImagesByName masks;
  for (auto& [name, files] : images_by_name(folder)) {
    std::vector<std::string>& all = masks[name_of(name)];
    all.insert(all.end(), files.begin(), files.end());
  }
  return masks;
}

}  // namespace evax::data

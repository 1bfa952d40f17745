// Data sets whose masks are files: Shenzhen, Montgomery, JSRT with SCR's masks, and plain folders.

#include <filesystem>

#include "evax/core/error.h"
#include "evax/data/readers/files.h"
#include "evax/data/segmentation/mask_files.h"
#include "evax/weights/config.h"

namespace evax::data {
namespace {

std::string as_it_is(const std::string& name) { return name; }

// "CHNCXR_0327_1_part0" belongs to the image "CHNCXR_0327_1" (spec D.1).
std::string shenzhen_name(const std::string& name) { return name.substr(0, 13); }

std::string without_suffix(const std::string& name) {
  constexpr std::string_view suffix = "_mask";
  return name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : name;
}

// Every image is of another patient.
AnnotatedSet with_patients(AnnotatedSet set) {
  for (AnnotatedImage& image : set.images) image.patient = image.name;
  return set;
}

// The files of a structure: those in a folder of that name, wherever it lies (SCR deals its masks
// out in two).
ImagesByName in_folders_named(const std::string& structure, const ImagesByName& all) {
  ImagesByName some;
  for (const auto& [name, files] : all)
    for (const std::string& file : files)
      if (std::filesystem::path(file).parent_path().filename() == structure)
        some[name].push_back(file);
  return some;
}

}  // namespace

AnnotatedSet read_shenzhen(const AnnotatedSource& source) {
  MaskLayer layer{.files = masks_below(source.paths[1], shenzhen_name)};
  AnnotatedSet set = pair_up(images_by_name(source.paths[0]), {std::move(layer)}, true);
  set.classes = {"tuberculosis"};
  return with_patients(std::move(set));
}

AnnotatedSet read_montgomery(const AnnotatedSource& source) {
  const std::string& root = source.paths[0];
  std::vector<MaskLayer> layers;
  for (const char* side : {"ManualMask/leftMask", "ManualMask/rightMask"})
    layers.push_back({.files = masks_below(join_path(root, side), as_it_is)});
  AnnotatedSet set = pair_up(images_by_name(join_path(root, "CXR_png")), std::move(layers), false);
  set.classes = {"lung"};
  return with_patients(std::move(set));
}

AnnotatedSet read_jsrt(const AnnotatedSource& source) {
  const ImagesByName all = images_by_name(source.paths[1]);
  std::vector<MaskLayer> layers;
  for (const auto& [structure, index] :
       {std::pair("left lung", 1), {"right lung", 1}, {"heart", 2}}) {
    layers.push_back({.index = static_cast<uint8_t>(index),
                      .files = in_folders_named(structure, all),
                      .enlarge = true});
    if (layers.back().files.empty())
      fail("{}: expected PNG masks in a folder '{}' (SCR's GIF files converted), found none",
           source.paths[1], structure);
  }
  AnnotatedSet set = pair_up(images_by_name(source.paths[0]), std::move(layers), false);
  set.classes = {"lung", "heart"};
  return with_patients(std::move(set));
}

AnnotatedSet read_pairs(const AnnotatedSource& source) {
  check_mask_classes(source.classes.size(), "--classes");
  weights::check_classes(source.classes, "--classes");
  const bool one = source.paths.size() == 1;
  const std::string images = one ? join_path(source.paths[0], "images") : source.paths[0];
  const std::string masks = one ? join_path(source.paths[0], "masks") : source.paths[1];
  MaskLayer layer{
      .index = 0, .files = masks_below(masks, without_suffix), .classes = source.classes.size()};
  AnnotatedSet set = pair_up(images_by_name(images), {std::move(layer)}, false);
  set.classes = source.classes;
  return set;
}

}  // namespace evax::data

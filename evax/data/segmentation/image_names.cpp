#include "evax/data/segmentation/image_names.h"

#include <filesystem>

#include "evax/image/folder.h"

namespace evax::data {

std::string image_name(const std::string& path) {
  const std::filesystem::path file(path);
  return (image::has_image_extension(path) ? file.stem() : file.filename()).string();
}

ImagesByName images_by_name(const std::string& folder) {
  ImagesByName images;
  for (std::string& path : image::images_below(folder)) {
    std::string name = image_name(path);
    images[std::move(name)].push_back(std::move(path));
  }
  return images;
}

}  // namespace evax::data

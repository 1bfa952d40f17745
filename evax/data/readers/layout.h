#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace evax::data {

/// Folders that may hold ChestX-ray14's images below `root`: `root` itself, images/, and what the
/// NIH's twelve archives unpack to, images_001/images ... images_012/images.
std::vector<std::string> nih_folders(const std::string& root);

/// "CheXpert-v1.0-small/train/patient00001/..." -> "train/patient00001/...": CheXpert's lists name
/// the archive they came in.
std::string_view without_archive(std::string_view path);

/// "Frontal" or "Lateral" by a CheXpert file's name, such as view1_frontal.jpg; empty for others.
std::string_view chexpert_side(std::string_view path);

/// The folder "patient00001" of a path of CheXpert's; empty where there is none.
std::string_view chexpert_patient(std::string_view path);

}  // namespace evax::data

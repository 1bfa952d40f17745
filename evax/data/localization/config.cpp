#include "evax/data/localization/config.h"

#include "evax/core/error.h"
#include "evax/data/config.h"
#include "evax/weights/config.h"

namespace evax::data {

BoxConfig read_box_config(TomlTable& table) {
  BoxConfig config;
  std::string kind = "boxes";
  table.read("kind", kind, {"boxes"});
  table.read("boxes", config.boxes);
  if (config.boxes.empty())
    fail("{}.boxes: expected a CSV file of boxes, found none", table.name());
  table.read("images", config.images);
  table.read("val", config.val);
  table.read("test", config.test);
  if (table.has("split")) {
    if (!config.val.empty()) table.refuse("split", "none beside the list val");
    TomlTable& split = table.table("split");
    split.read("val", config.val_share, {.low = 0, .above = true});
    if (config.val_share >= 1) split.refuse("val", "a number below 1");
    split.read("seed", config.seed);
  }
  table.read("classes", config.classes);
  weights::check_classes(config.classes, table.name() + ".classes");
  if (table.has("box_size")) {
    int size = 0;
    table.read("box_size", size, {.low = 0, .high = 65536});
    config.box_size = size;
  }
  table.read("allow_leak", config.allow_leak);
  table.read("force", config.force);
  read_bits(table, config.bits);
  return config;
}

}  // namespace evax::data

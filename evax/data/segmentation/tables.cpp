// Masks that a table describes: SIIM's run-length codes and RSNA's boxes (spec D.1).

#include <charconv>
#include <map>
#include <optional>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/data/segmentation/annotation.h"
#include "evax/data/segmentation/image_names.h"
#include "evax/data/segmentation/sources.h"

namespace evax::data {
namespace {

using Draw = std::function<void(Mask&)>;
// What the table's row draws; nothing where it says that there is no target.
using ReadRow = std::function<std::optional<Draw>(const CsvTable& table)>;
using Drawings = std::map<std::string, std::vector<std::optional<Draw>>>;

std::string where(const CsvTable& table) {
  return fmt::format("{} line {}", table.path(), table.line());
}

// It becomes a file's name.
std::string checked_id(const CsvTable& table, size_t column) {
  std::string id(trim(table[column]));
  if (id.empty() || id.starts_with('.') || id.find_first_of("/\\") != std::string::npos)
    fail("{}: expected the name of an image, found '{}'", where(table), id);
  return id;
}

Drawings read_drawings(CsvTable& table, size_t id_column, const ReadRow& read_row) {
  Drawings drawings;
  while (table.next()) drawings[checked_id(table, id_column)].push_back(read_row(table));
  return drawings;
}

std::vector<Draw> kept(std::vector<std::optional<Draw>> rows, Annotations annotations) {
  if (annotations == Annotations::last) rows.erase(rows.begin(), rows.end() - 1);
  std::vector<Draw> draws;
  for (std::optional<Draw>& row : rows)
    if (row) draws.push_back(std::move(*row));
  return draws;
}

Mask drawn(const std::vector<Draw>& draws, const image::Image& image) {
  Mask mask{image.width, image.height, 1,
            std::vector<uint8_t>(static_cast<size_t>(image.width) * image.height)};
  for (const Draw& draw : draws) draw(mask);
  return mask;
}

AnnotatedSet pair_up(Drawings drawings, const AnnotatedSource& source) {
  const ImagesByName images = images_by_name(source.paths[1]);
  AnnotatedSet set;
  for (auto& [id, rows] : drawings) {
    std::vector<Draw> draws = kept(std::move(rows), source.annotations);
    const auto found = images.find(id);
    if (draws.empty()) {
      ++set.negatives;
    } else if (found == images.end()) {
      set.unpaired.push_back(fmt::format("{}: expected the image {} below {}, found none",
                                         source.paths[0], id, source.paths[1]));
    } else {
      set.images.push_back(
          {id,
           found->second.front(),
           "",
           {},
           [draws = std::move(draws)](const image::Image& image) { return drawn(draws, image); }});
    }
  }
  return set;
}

double number_of(const CsvTable& table, size_t column) {
  const std::string_view text = trim(table[column]);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    fail("{}: expected a number in column '{}', found '{}'", where(table), table.columns()[column],
         text);
  return number;
}

}  // namespace

AnnotatedSet read_siim(const AnnotatedSource& source) {
  CsvTable table(source.paths[0]);
  const auto spaced = table.find(" EncodedPixels");  // as the challenge ships it
  const size_t code = spaced ? *spaced : table.column("EncodedPixels");
  const auto read_row = [code](const CsvTable& row) -> std::optional<Draw> {
    std::string runs(trim(row[code]));
    if (runs == "-1") return std::nullopt;
    return [runs = std::move(runs), at = where(row)](Mask& mask) { draw_runs(runs, at, mask); };
  };
  const size_t id = table.column("ImageId");
  AnnotatedSet set = pair_up(read_drawings(table, id, read_row), source);
  set.classes = {"pneumothorax"};
  return set;
}

AnnotatedSet read_rsna(const AnnotatedSource& source) {
  CsvTable table(source.paths[0]);
  const size_t x = table.column("x"), y = table.column("y");
  const size_t width = table.column("width"), height = table.column("height");
  const auto read_row = [=](const CsvTable& row) -> std::optional<Draw> {
    if (field_value(row[x]).empty()) return std::nullopt;
    const AnnotatedBox box{number_of(row, x), number_of(row, y), number_of(row, width),
                           number_of(row, height)};
    return [box, at = where(row)](Mask& mask) { draw_box(box, at, mask); };
  };
  const size_t id = table.column("patientId");
  AnnotatedSet set = pair_up(read_drawings(table, id, read_row), source);
  set.classes = {"pneumonia"};
  for (AnnotatedImage& image : set.images) image.patient = image.name;
  return set;
}

}  // namespace evax::data

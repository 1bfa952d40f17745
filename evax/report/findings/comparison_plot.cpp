#include "evax/report/findings/comparison_plot.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "evax/core/error.h"
#include "evax/report/plots/interval_plot.h"

namespace evax::report {
namespace {

constexpr double title_height = 30, gap = 24;

std::optional<double> millions(std::optional<int64_t> count) {
  if (!count) return {};
  return static_cast<double>(*count) / 1e6;
}

std::optional<double> abscissa_of(const Comparison::Row& row, Abscissa abscissa) {
  switch (abscissa) {
    case Abscissa::macs:
      if (!row.macs) return {};
      return static_cast<double>(*row.macs) / 1e9;
    case Abscissa::epochs: return row.pretraining_epochs;
    case Abscissa::parameters:
    case Abscissa::automatic: break;
  }
  return millions(row.parameters);
}

std::string label_of(Abscissa abscissa) {
  switch (abscissa) {
    case Abscissa::macs: return "GMACs of one image";
    case Abscissa::epochs: return "epochs of pre-training";
    case Abscissa::parameters:
    case Abscissa::automatic: break;
  }
  return "parameters (millions)";
}

std::vector<PlotItem> items_of(const Comparison& comparison, size_t column, Abscissa abscissa) {
  std::vector<PlotItem> items;
  for (size_t r = 0; r < comparison.rows.size(); ++r) {
    const auto& cell = comparison.cells[r][column];
    if (!cell || !cell->figure().value.value) continue;
    const Comparison::Row& row = comparison.rows[r];
    const RunFigure& figure = cell->figure();
    PlotItem item{row.name, row.architecture, abscissa_of(row, abscissa), *cell, figure.value};
    const double value = *figure.value.value;
    if (figure.deviation)
      item.bar.interval = {std::max(0., value - *figure.deviation),
                           std::min(figure.most, value + *figure.deviation)};
    items.push_back(std::move(item));
  }
  return items;
}

// A row for each model.
Svg by_model(const std::vector<PlotItem>& items, const std::string& figure) {
  IntervalPlot plot{figure, {}, {}, most_of(items)};
  for (const PlotItem& item : items)
    plot.rows.push_back({item.name, item.bar, "", shown(item.cell)});
  return draw(plot);
}

// Known of all, and no two so close that one would hide the other.
bool tell_apart(const std::vector<PlotItem>& items) {
  constexpr double least_ratio = 1.05;
  std::vector<double> values;
  for (const PlotItem& item : items) {
    if (!item.x) return false;
    values.push_back(*item.x);
  }
  std::sort(values.begin(), values.end());
  const auto close = [](double low, double high) { return high < least_ratio * low; };
  return values.size() > 1 &&
         std::adjacent_find(values.begin(), values.end(), close) == values.end();
}

struct Panel {
  std::string title;
  Svg svg;
};

class Sheet {
 public:
  Sheet(const Comparison& comparison, Abscissa abscissa)
      : abscissa_(abscissa),
        notes_{"Bars: 95 % intervals, or one standard deviation over repeats."} {
    for (size_t c = 0; c < comparison.columns.size(); ++c) add(comparison, c);
    if (panels_.empty())
      fail("expected runs whose {} are known to draw over, found none", label_of(abscissa));
    if (!left_out_.empty())
      notes_.push_back(fmt::format("Left out, their {} are not known: {}.", label_of(abscissa),
                                   fmt::join(left_out_, ", ")));
    notes_.insert(notes_.end(), comparison.notes.begin(), comparison.notes.end());
  }

  std::string document() const;

 private:
  void add(const Comparison& comparison, size_t column) {
    const std::string& figure = comparison.columns[column].figure;
    std::vector<PlotItem> items = items_of(comparison, column, abscissa_);
    if (abscissa_ != Abscissa::automatic) leave_out_unknown(items);
    if (abscissa_ != Abscissa::automatic && items.empty()) return;
    panels_.push_back({comparison.columns[column].data, drawing(items, figure)});
  }

  Svg drawing(const std::vector<PlotItem>& items, const std::string& figure) const {
    if (abscissa_ == Abscissa::epochs) return epochs_plot(items, figure);
    if (abscissa_ == Abscissa::automatic && !tell_apart(items)) return by_model(items, figure);
    return scatter_plot(items, label_of(abscissa_), figure);
  }

  void leave_out_unknown(std::vector<PlotItem>& items) {
    for (const PlotItem& item : items)
      if (!item.x && std::find(left_out_.begin(), left_out_.end(), item.name) == left_out_.end())
        left_out_.push_back(item.name);
    std::erase_if(items, [](const PlotItem& item) { return !item.x; });
  }

  Abscissa abscissa_;
  std::vector<Panel> panels_;
  std::vector<std::string> notes_, left_out_;
};

std::string Sheet::document() const {
  Point size{0, gap};
  for (const Panel& panel : panels_) {
    size.x = std::max(size.x, panel.svg.width());
    size.y += title_height + panel.svg.height() + gap;
  }
  constexpr double line_height = 18;
  Svg sheet(size.x + 2 * gap, size.y + line_height * static_cast<double>(notes_.size()) + gap);
  double y = gap;
  for (const Panel& panel : panels_) {
    sheet.text({gap, y + 14}, panel.title, "strong", Anchor::start, 70);
    sheet.place(panel.svg, {gap, y + title_height});
    y += title_height + panel.svg.height() + gap;
  }
  for (const std::string& note : notes_) {
    sheet.text({gap, y}, note, "muted small");
    y += line_height;
  }
  return sheet.document("Figures of models on data sets");
}

}  // namespace

std::string svg(const Comparison& comparison, Abscissa abscissa) {
  return Sheet(comparison, abscissa).document();
}

}  // namespace evax::report

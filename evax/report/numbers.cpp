#include "evax/report/numbers.h"

#include <fmt/format.h>

namespace evax::report {

std::string shown(std::optional<double> value, int decimals) {
  return value ? fmt::format("{:.{}f}", *value, decimals) : undefined_mark;
}

std::string shown(const std::optional<metrics::Interval>& interval) {
  return interval ? fmt::format("{:.3f}–{:.3f}", interval->low, interval->high) : "";
}

std::string with_interval(const metrics::Figure& figure, int decimals) {
  std::string text = shown(figure.value, decimals);
  if (figure.value && figure.interval)
    text += fmt::format(" [{}, {}]", shown(figure.interval->low, decimals),
                        shown(figure.interval->high, decimals));
  return text;
}

std::string shown_count(int64_t count) {
  std::string digits = fmt::format("{}", count);
  const size_t first = count < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string counted(int64_t count, const std::string& what) {
  return fmt::format("{} {}{}", shown_count(count), what, count == 1 ? "" : "s");
}

std::string shown_parameters(int64_t parameters) {
  return fmt::format("{:.1f} M", static_cast<double>(parameters) / 1e6);
}

std::string shown_giga(int64_t count) {
  return fmt::format("{:.2f}", static_cast<double>(count) / 1e9);
}

}  // namespace evax::report

#include "evax/report/html.h"

#include <fmt/format.h>

#include <span>

#include "evax/core/sha256.h"
#include "evax/report/markup.h"

namespace evax::report {
namespace {

constexpr std::string_view style_sheet =
    ":root{color-scheme:light dark;--ink:#1d1f21;--soft:#5c6166;--line:#dcdfe3;--paper:#fff;"
    "--tint:#f4f6f8;--warn:#fdecea;--warn-line:#c0392b}"
    "@media screen and (prefers-color-scheme:dark){:root{--ink:#e4e6e8;--soft:#a0a6ac;"
    "--line:#363a3f;--paper:#16181b;--tint:#1f2327;--warn:#3a1d1a;--warn-line:#e57368}}"
    "*{box-sizing:border-box}"
    "body{margin:0 auto;max-width:1080px;padding:24px 20px 48px;background:var(--paper);"
    "color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',"
    "sans-serif;overflow-wrap:anywhere}"
    "h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem}"
    "h2{font-size:1.2rem;margin:2.4rem 0 .6rem;padding-bottom:.25rem;"
    "border-bottom:1px solid var(--line)}"
    "h3{font-size:1rem;margin:1.4rem 0 .4rem}p{margin:.5rem 0;max-width:75ch}"
    ".soft{color:var(--soft);font-size:.9rem}"
    ".warning{background:var(--warn);border-left:4px solid var(--warn-line);padding:.6rem .9rem;"
    "max-width:none}"
    ".headline{background:var(--tint);border-radius:8px;padding:14px 18px;margin:1rem 0;"
    "display:flex;flex-wrap:wrap;gap:8px 40px}"
    ".headline div{min-width:120px}.headline b{display:block;font-size:1.7rem;line-height:1.2}"
    ".scroll{overflow-x:auto;margin:.6rem 0}"
    "table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}"
    "th,td{padding:5px 8px;border-bottom:1px solid var(--line);text-align:right;"
    "vertical-align:top;white-space:nowrap}"
    "th{color:var(--soft);font-weight:600;vertical-align:bottom;white-space:normal;"
    "overflow-wrap:break-word}"
    "th.words,td.words{text-align:left;white-space:normal;min-width:9.5rem}"
    "th.words:first-child,td.words:first-child{position:sticky;left:0;background:var(--paper)}"
    ".lines td:first-child{width:14rem;color:var(--soft)}"
    "td small{display:block;color:var(--soft);font-size:.78rem}"
    ".grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:22px 20px;"
    "margin:.8rem 0}"
    "figure{margin:0;break-inside:avoid;min-width:0}"
    "figcaption{font-size:.9rem;margin-bottom:4px}figcaption span{display:block;"
    "color:var(--soft);font-size:.82rem}"
    "svg.drawing{display:block;width:100%;height:auto}"
    "figure img{display:block;width:100%;max-height:320px;object-fit:contain;background:#000;"
    "border-radius:4px}"
    "footer{margin-top:3rem;padding-top:.8rem;border-top:1px solid var(--line);font-weight:600}"
    "@page{size:landscape;margin:12mm}"
    "@media "
    "print{body{max-width:none;padding:0;font-size:10.5pt}h2,h3,p.soft{break-after:avoid}p{break-"
    "inside:avoid}"
    "table{font-size:8.5pt}th,td{padding:2px 5px}tr{break-inside:avoid}.scroll{overflow:visible}"
    ".grid{grid-template-columns:repeat(4,1fr)}.warning,.headline{border:1px solid #999}}";

std::string cell_tag(const HtmlTable& table, const char* tag, size_t column,
                     const std::string& content) {
  return fmt::format("<{}{}>{}</{}>", tag, column < table.text_columns ? " class=\"words\"" : "",
                     content, tag);
}

// How a policy names a script (Content Security Policy Level 3, "hash-source").
std::string script_hash(std::string_view script) {
  const std::string digits = sha256(std::as_bytes(std::span(script)));
  std::string bytes;
  for (size_t i = 0; i < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return "sha256-" + base64(bytes);
}

}  // namespace

std::string html_name(std::string_view name) { return fmt::format("<bdi>{}</bdi>", escaped(name)); }

std::string html_paragraph(std::string_view text, std::string_view style) {
  return fmt::format("<p class=\"{}\">{}</p>\n", style, html_name(text));
}

std::string html_table(const HtmlTable& table) {
  std::string out = fmt::format("<div class=\"scroll\"><table class=\"{}\">",
                                table.columns.empty() ? "lines" : "");
  if (!table.columns.empty()) {
    out += "<thead><tr>";
    for (size_t i = 0; i < table.columns.size(); ++i)
      out += cell_tag(table, "th", i, html_name(shortened(table.columns[i], 40)));
    out += "</tr></thead>";
  }
  out += "<tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) {
      std::string content = html_name(row[i].text);
      if (!row[i].note.empty()) content += fmt::format("<small>{}</small>", html_name(row[i].note));
      out += cell_tag(table, "td", i, content);
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string html_figure(std::string_view caption, std::string_view note, const Svg& drawing) {
  return fmt::format("<figure><figcaption><b>{}</b><span>{}</span></figcaption>{}</figure>\n",
                     html_name(caption), html_name(note),
                     drawing.element(fmt::format("{}: {}", caption, note)));
}

std::string html_wide_figure(const Svg& drawing, std::string_view label) {
  return fmt::format("<div class=\"scroll\"><div style=\"min-width:{:.0f}px\">{}</div></div>\n",
                     0.85 * drawing.width(), drawing.element(label));
}

std::string html_grid(const std::vector<std::string>& items) {
  if (items.empty()) return {};
  return fmt::format("<div class=\"grid\">\n{}</div>\n", fmt::join(items, ""));
}

std::string html_section(std::string_view heading, std::string_view body) {
  if (body.empty()) return {};
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", escaped(heading), body);
}

std::string html_page(std::string_view title, std::string_view body, const PageProgram& program) {
  std::string policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  std::string script;
  if (!program.script.empty()) {
    policy += fmt::format("; script-src '{}'", script_hash(program.script));
    script = fmt::format("<script>{}</script>\n", program.script);
  }
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}{}{}</style>\n</head>\n<body>\n{}{}</body>\n</html>\n",
      policy, escaped(title), style_sheet, drawing_style(true), program.style, body, script);
}

}  // namespace evax::report

#include "charts/page.h"

#include "base/hash.h"
#include "base/text.h"
#include "charts/theme.h"
#include "charts/vega.h"

namespace filrouge {
namespace {

/// Ids are of one picture: two pictures on a page must not share them. Pictures are told apart by their content, so the
/// same page has the same bytes.
std::string own_ids(const std::string& svg, const std::string& prefix) {
  std::string text;
  size_t at = 0;
  for (size_t next; (next = svg.find_first_of("i(", at)) != std::string::npos;) {
    bool is_id = svg.compare(next, 4, "id=\"") == 0, is_use = svg.compare(next, 2, "(#") == 0;
    size_t length = is_id ? 4 : is_use ? 2 : 1;
    text.append(svg, at, next + length - at);
    if (is_id || is_use) text += prefix;
    at = next + length;
  }
  return text.append(svg, at, std::string::npos);
}

/// The picture without what only a file of its own needs, named for those who cannot see it.
std::string inlined(const std::string& svg, const std::string& alt) {
  size_t begin = svg.find("<svg");
  if (begin == std::string::npos) return "";
  std::string text = own_ids(svg.substr(begin), "p" + hash_text(svg).substr(0, 8));
  return fmt::format("<svg role=\"img\" aria-label=\"{}\"{}", html_text(alt), text.substr(4));
}

/// In the dark each colour of the light theme becomes the one in its place of the dark theme.
std::string dark_pictures() {
  const ThemeColors &light = theme_colors(Theme::light), &dark = theme_colors(Theme::dark);
  std::vector<std::pair<std::string, std::string>> pairs = {
      {light.title, dark.title}, {light.label, dark.label}, {light.grid, dark.grid}, {light.quiet, dark.quiet}};
  for (size_t i = 0; i < light.categories.size(); ++i) pairs.emplace_back(light.categories[i], dark.categories[i]);
  std::string css;
  for (const auto& [from, to] : pairs)
    for (const char* what : {"fill", "stroke"})
      css += fmt::format("figure svg [{0}=\"{1}\"]{{{0}:{2}}}", what, from, to);
  return css;
}

std::string style() {
  const ThemeColors &light = theme_colors(Theme::light), &dark = theme_colors(Theme::dark);
  auto variables = [](const ThemeColors& c) {
    return fmt::format("--paper:{};--ink:{};--soft:{};--line:{};--accent:{};", c.background, c.title, c.label, c.grid,
                       c.categories[0]);
  };
  std::string css = fmt::format(":root{{color-scheme:light dark;{}}}", variables(light));
  css += R"(
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
main,header,nav,footer{max-width:60rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.5rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem}
h2{font-size:1.25rem;margin:0 0 .6rem}
.lead{color:var(--soft);font-size:1.05rem;margin:0 0 1rem;max-width:45rem}
nav{font-size:.9rem;color:var(--soft);padding-bottom:1rem}
nav ol{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:0;padding:.7rem 0;border-block:1px solid var(--line)}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:2px}
section{padding:1.6rem 0;border-bottom:1px solid var(--line)}
section:last-child{border-bottom:0}
p,ul{max-width:45rem;margin:.5rem 0}
ul{padding-left:1.2rem}
code,pre{font:.9em ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace}
pre{background:color-mix(in srgb,var(--ink) 5%,transparent);padding:.8rem 1rem;overflow-x:auto;border-radius:4px;line-height:1.45}
.scroll{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-size:.92rem}
caption{text-align:left;white-space:nowrap;color:var(--soft);font-size:.88rem;padding-bottom:.35rem}
th,td{padding:.3rem .9rem .3rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{font-weight:600;color:var(--soft);white-space:nowrap}
tbody th{font-weight:500}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;margin:.8rem 0;font-size:.95rem}
dt{color:var(--soft)}
dd{margin:0}
figure{margin:1rem 0;min-width:0}
figure svg{display:block;max-width:100%;height:auto;overflow:visible}
figcaption{color:var(--soft);font-size:.88rem;max-width:45rem;margin-bottom:.4rem}
.pair{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:.4rem 2rem}
.human{border-left:3px solid var(--accent);padding:.1rem 0 .1rem .9rem;color:var(--soft)}
footer{color:var(--soft);font-size:.85rem;padding-block:1rem 3rem}
@media (max-width:32rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}
)";
  css +=
      fmt::format("@media screen and (prefers-color-scheme:dark){{:root{{{}}}{}}}\n", variables(dark), dark_pictures());
  css += R"(@media print{:root{color-scheme:light}body{font-size:10.5pt}nav{display:none}header{padding-top:0}
section{break-inside:auto;padding:.8rem 0}h2{break-after:avoid}figure,table,dl,pre{break-inside:avoid}a{color:inherit}}
@page{margin:18mm}
)";
  return css;
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string html;
  for (char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string html_words(std::string_view text) {
  std::string html;
  bool is_code = false;
  for (size_t at = 0, end; at <= text.size(); at = end + 1) {
    end = std::min(text.find('`', at), text.size());
    std::string part = html_text(text.substr(at, end - at));
    // A backtick without a second one is a backtick.
    bool closes = is_code && end < text.size();
    html += !is_code ? part : closes ? "<code>" + part + "</code>" : "`" + part;
    is_code = !is_code;
  }
  return html;
}

std::string html_table(const std::string& caption, const std::vector<PageColumn>& columns,
                       const std::vector<std::vector<std::string>>& rows) {
  if (rows.empty()) return "";
  std::string html = "<div class=\"scroll\"><table>";
  if (!caption.empty()) html += fmt::format("<caption>{}</caption>", html_words(caption));
  html += "<thead><tr>";
  for (const PageColumn& column : columns)
    html +=
        fmt::format("<th scope=\"col\"{}>{}</th>", column.is_number ? " class=\"n\"" : "", html_words(column.title));
  html += "</tr></thead><tbody>\n";
  for (const std::vector<std::string>& row : rows) {
    html += "<tr>";
    for (size_t c = 0; c < row.size(); ++c) {
      const char* tag = c == 0 ? "th" : "td";
      html += fmt::format("<{}{}{}>{}</{}>", tag, c == 0 ? " scope=\"row\"" : "",
                          columns[c].is_number ? " class=\"n\"" : "", html_words(row[c]), tag);
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string html_facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string html;
  for (const auto& [term, said] : facts)
    if (!said.empty()) html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", html_words(term), html_words(said));
  return html.empty() ? "" : "<dl>\n" + html + "</dl>\n";
}

std::string html_list(const std::vector<std::string>& lines) {
  std::string html;
  for (const std::string& line : lines) html += "<li>" + html_words(line) + "</li>\n";
  return html.empty() ? "" : "<ul>\n" + html + "</ul>\n";
}

std::string html_figure(Json vega_lite, const Json& rows, const std::string& alt, const std::string& caption) {
  Json config = theme_config(Theme::light);
  config["background"] = nullptr;  // the page's own shows through
  config["padding"] = 4;
  config["aria"] = false;  // or every mark would tell its values, and twice the bytes
  vega_lite["$schema"] = "https://vega.github.io/schema/vega-lite/v6.json";
  vega_lite["data"] = {{"values", rows}};
  vega_lite["config"] = std::move(config);
  std::string html = "<figure>";
  if (!caption.empty()) html += "<figcaption>" + html_words(caption) + "</figcaption>";
  return html + inlined(draw_svg(vega_lite), alt) + "</figure>\n";
}

void Page::add(const std::string& heading, const std::string& body) {
  if (body.empty()) return;
  std::string id = fmt::format("part-{}", ++count_);
  nav_ += fmt::format("<li><a href=\"#{}\">{}</a></li>", id, html_text(heading));
  sections_ +=
      fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n{2}</section>\n",
                  id, html_text(heading), body);
}

std::string Page::html() const {
  std::string head = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>{}</title>\n<style>{}</style>\n</head>\n",
      html_text(title_), style());
  return head +
         fmt::format(
             "<body>\n<header>\n<h1>{}</h1>\n<p class=\"lead\">{}</p>\n</header>\n<nav "
             "aria-label=\"Contents\"><ol>{}</ol></nav>\n"
             "<main>\n{}</main>\n<footer>Written by filrouge. Nothing on this page is a row of the data: figures, "
             "shares and curves only.</footer>\n</body>\n</html>\n",
             html_text(title_), html_words(lead_), nav_, sections_);
}

}  // namespace filrouge

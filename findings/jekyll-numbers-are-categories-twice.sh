#!/usr/bin/env bash
# Jekyll 4.3.1 gives a post with `categories: [2026, 7]` four categories: the numbers,
# and the same as text. A category of a list in a list is doubled in the same way.
# The URL of the post has each once. A comma between words is part of a tag.
#
# Why it matters: a template that lists page.categories shows each twice, and a
# program that compares its categories with those of the page must know it.
#
# What it saw on 2026-11-29 with Debian's jekyll 4.3.1 (ruby 3.1.2):
#
#   numbers: [2026,7,"2026","7"], the page is /2026/7/2026/03/04/a.html
#   list in a list: [["a","b"],"c","[\"a\", \"b\"]","a","b"]
#   commas: ["AI,","cloud"]
set -euo pipefail
command -v jekyll >/dev/null || { echo "install jekyll, for example Debian's package" >&2; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir _posts
printf -- '---\ncategories: [2026, 7]\n---\n' >_posts/2026-03-04-a.md
printf -- '---\ncategories: [[a, b], c]\n---\n' >_posts/2026-03-04-b.md
printf -- '---\ntags: AI, cloud\n---\n' >_posts/2026-03-04-c.md
cat >page.txt <<'EOT'
---
---
{% for post in site.posts %}{{ post.slug }} {{ post.categories | jsonify }} {{ post.tags | jsonify }} {{ post.url }}
{% endfor %}
EOT
jekyll --version
jekyll build --quiet --disable-disk-cache
cat _site/page.txt
grep -qF 'a [2026,7,"2026","7"] [] /2026/7/2026/03/04/a.html' _site/page.txt || { echo "CHANGED: numbers are categories once, or otherwise"; exit 1; }
grep -qF 'b [["a","b"],"c","[\"a\", \"b\"]","a","b"] []' _site/page.txt || { echo "CHANGED: a list in a list is read otherwise"; exit 1; }
grep -qF 'c [] ["AI,","cloud"]' _site/page.txt || { echo "CHANGED: commas are read otherwise"; exit 1; }

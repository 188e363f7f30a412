#!/usr/bin/env bash
# kramdown 2.4.0, which Jekyll 4.3 builds pages with, takes a type parameter such as
# the <T> of Vec<T> for an element of HTML that goes on to the end of its paragraph,
# and reads no Markdown in it.
#
#   Use Vec<T> and **bold** with a note[^1].
#
#   [^1]: Note.
#
# becomes <p>Use Vec<T> and **bold** with a note[^1].</T></p>: the reader sees
# "Use Vec and **bold** with a note[^1]." and the text of the footnote is nowhere.
# CommonMark, and so goldmark in Hugo, passes <T> on as a tag too, but reads the rest of
# the paragraph as Markdown.
#
# Why it matters: a page cannot be the measure of such a sentence, because nobody
# means to lose a type and a footnote. A comparison of a reader's words with those of
# Jekyll's pages has to make an exception here, or it asks for the loss.
# What it saw on 2026-11-29:
#
#   <p>Use Vec<T> and **bold** with a note[^1].</T></p>
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download ruby-kramdown=2.4.0-2 >/dev/null 2>&1 # of Debian 12
dpkg -x ruby-kramdown_2.4.0-2_all.deb .
ruby -I usr/share/rubygems-integration/all/gems/kramdown-2.4.0/lib -e '
require "kramdown"
html = Kramdown::Document.new("Use Vec<T> and **bold** with a note[^1].\n\n[^1]: Note.\n").to_html.strip
puts html
if html != "<p>Use Vec<T> and **bold** with a note[^1].</T></p>"
  puts "CHANGED: kramdown does something else now"
  exit 1
end'

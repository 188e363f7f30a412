#!/usr/bin/env bash
# Jekyll 4.3.1 (Debian's package, with Ruby 3.1 and Psych 4) reads
# "date: 2026-03-04 23:30:00" as UTC and "date: 2026-03-04 23:30" as local time:
# seconds move a post to another day.
#
# YAML 1.1 has a type for times, and one without an offset is UTC
# (https://yaml.org/type/timestamp.html). Psych makes a Time of it; without seconds,
# or in quotes, the value is a string, which Jekyll parses in the site's timezone.
# Hugo 0.160.1 takes both for local.
#
# Why it matters: a program that computes the address of a post, or its day, from
# the front matter has to know how the value was written, not only what it says.
# What it saw on 2026-11-29 with timezone: Asia/Shanghai:
#
#   2026-03-04 23:30:00: /2026/03/05/seconds.html
#   2026-03-04 23:30: /2026/03/04/minutes.html
#   "2026-03-04 23:30:00": /2026/03/04/quoted.html
set -euo pipefail
command -v jekyll >/dev/null || { echo "install Jekyll: apt-get install jekyll" >&2; exit 2; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir _posts
printf 'timezone: Asia/Shanghai\nfuture: true\n' >_config.yml
post() { printf -- '---\ndate: %s\n---\nWords.\n' "$2" >"_posts/2020-01-01-$1.md"; }
post seconds '2026-03-04 23:30:00'
post minutes '2026-03-04 23:30'
post quoted '"2026-03-04 23:30:00"'
jekyll build --quiet --disable-disk-cache
(cd _site && find . -name '*.html' | sort)
for page in 2026/03/05/seconds 2026/03/04/minutes 2026/03/04/quoted; do
  [ -f "_site/$page.html" ] || { echo "CHANGED: there is no page $page" >&2; exit 1; }
done

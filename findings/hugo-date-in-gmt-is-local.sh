#!/usr/bin/env bash
# Hugo ignores the GMT or UTC at the end of a date, and takes the time for one in the site's zone.
#
# HTTP, mail and RSS write dates as "Sat, 28 Nov 2026 23:30:00 GMT". Hugo 0.160.1 accepts that in
# front matter, but its library spf13/cast 1.10.0 treats every date with the name of a zone
# like one without a zone: it keeps the clock, and puts the default location in place of
# the name, GMT and UTC included. The output of date(1), "Sat Nov 28 23:30:00 UTC 2026", is
# read in the same way. An offset (+0000) or a Z is respected. Jekyll respects the name.
#
# It matters to whoever imports posts from a feed into Hugo, or computes the day of a page
# from its front matter: the post moves by the whole offset of the site, often to another day
# and another address. There is no warning.
#
# What it saw on 2026-12-01, the site being in Asia/Shanghai:
#
#   Hugo: Sat, 28 Nov 2026 23:30:00 GMT is 2026-11-28T23:30:00+08:00
#   Hugo: Sat Nov 28 23:30:00 UTC 2026 is 2026-11-28T23:30:00+08:00
#   Hugo: Sat, 28 Nov 2026 23:30:00 +0000 is 2026-11-28T23:30:00+00:00
#   Hugo: 2026-11-28T23:30:00Z is 2026-11-28T23:30:00+00:00
#   warnings and errors: 0
#   Jekyll: Sat, 28 Nov 2026 23:30:00 GMT is 2026-11-29T07:30:00+08:00      (only where jekyll is installed)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
hugo=${HUGO:-} # the path of a hugo 0.160.1; building one takes minutes
if [ -z "$hugo" ]; then
	CGO_ENABLED=0 GOBIN=$folder go install -ldflags "-s -w" github.com/gohugoio/hugo@v0.160.1 2>err || { cat err; exit 1; }
	hugo=$folder/hugo
fi
"$hugo" version | grep -q 'v0\.160\.1' || { echo "HUGO is not 0.160.1" >&2; exit 1; }
mkdir -p site/content site/layouts
cd site
cat >hugo.toml <<'TOML'
baseURL = "https://example.org/"
timeZone = "Asia/Shanghai"
buildFuture = true
disableKinds = ["section", "taxonomy", "term", "RSS", "sitemap", "404"]
TOML
echo '{{ .Title }}' >layouts/page.html
cat >layouts/home.html <<'HTML'
{{ range sort site.RegularPages "File.Path" }}Hugo: {{ .Params.written }} is {{ .Date.Format "2006-01-02T15:04:05-07:00" | safeHTML }}
{{ end }}
HTML
i=0
for date in 'Sat, 28 Nov 2026 23:30:00 GMT' 'Sat Nov 28 23:30:00 UTC 2026' 'Sat, 28 Nov 2026 23:30:00 +0000' '2026-11-28T23:30:00Z'; do
	i=$((i + 1))
	printf -- '---\ndate: %s\nparams: {written: "%s"}\n---\nWords.\n' "$date" "$date" >"content/$i.md"
done
"$hugo" >../log 2>&1 || { cat ../log; exit 1; }
{
	sed 's/&#43;/+/g' public/index.html | grep Hugo
	echo "warnings and errors: $(grep -cE 'WARN|ERROR' ../log || true)"
} | tee ../seen
diff ../seen - <<'END'
Hugo: Sat, 28 Nov 2026 23:30:00 GMT is 2026-11-28T23:30:00+08:00
Hugo: Sat Nov 28 23:30:00 UTC 2026 is 2026-11-28T23:30:00+08:00
Hugo: Sat, 28 Nov 2026 23:30:00 +0000 is 2026-11-28T23:30:00+00:00
Hugo: 2026-11-28T23:30:00Z is 2026-11-28T23:30:00+00:00
warnings and errors: 0
END
if command -v jekyll >/dev/null; then
	mkdir -p ../jekyll/_posts
	cd ../jekyll
	printf 'timezone: Asia/Shanghai\nfuture: true\n' >_config.yml
	printf -- '---\ndate: Sat, 28 Nov 2026 23:30:00 GMT\n---\nWords.\n' >_posts/2026-11-28-a.md
	printf -- '---\n---\n{%% for post in site.posts %%}Jekyll: Sat, 28 Nov 2026 23:30:00 GMT is {{ post.date | date_to_xmlschema }}{%% endfor %%}\n' >page.txt
	jekyll build --quiet --disable-disk-cache
	cat _site/page.txt
	grep -qF 'is 2026-11-29T07:30:00+08:00' _site/page.txt || { echo "CHANGED: Jekyll reads it otherwise"; exit 1; }
fi

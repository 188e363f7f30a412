package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// site is a folder that a generator builds and digestbot reads.
type site struct {
	tool      string // jekyll or hugo
	name      string
	permalink string
	zone      string // empty: the tool's default
	under     string // the site's path in its URL
	library   string // of digestbot, below the folder of the site
	posts     []*post
	folder    string
}

// post is one file. Its features describe its peculiarities by field: a difference is
// attributed to those that all differing posts share.
type post struct {
	file     string // below the folder of the site
	text     string
	body     string // of the text, without front matter
	features map[string]string
	snippets []placed
}

// placed is a snippet between two unique words, with the number that replaces §.
type placed struct {
	snippet
	number, begin, end string
}

func (p *post) feature(dimension, value string) {
	p.features[dimension] = value
}

// generator generates random posts.
type generator struct {
	rand *rand.Rand
	next int
}

// choice is a variant of something, with its name.
type choice struct{ name, text string }

func (g *generator) pick(from []choice) choice { return from[g.rand.IntN(len(from))] }

// seldom returns the first choice four times out of five.
func (g *generator) seldom(from []choice) choice {
	if g.rand.IntN(5) > 0 {
		return from[0]
	}
	return g.pick(from)
}

var jekyllPermalinks = []choice{
	{"date", "date"},
	{"pretty", "pretty"},
	{"ordinal", "ordinal"},
	{"weekdate", "weekdate"},
	{"none", "none"},
	{"clock", "/:categories/:year/:month/:day/:hour/:minute/:second/:title:output_ext"},
	{"numbers", "/:slugified_categories/:short_year/:i_month/:i_day/:y_day/:slug/"},
	{"path", "/:collection/:path.html"},
	{"name", "/:year/:name/"},
	{"week", "/:w_year/W:week/:w_day/:short_day/:long_day/:short_month/:long_month/:title.html"},
	{"percent", "/a%20b/50%25/:year-:month_:day/:title.html"},
	{"words", "/news & more/:categories/:title"},
}

var hugoPermalinks = []choice{
	{"default", ""},
	{"date", "/:year/:month/:day/:slugorcontentbasename/"},
	{"names", "/:monthname/:weekdayname/:weekday/:yearday/:contentbasename/"},
	{"sections", "/:sections/:slugorcontentbasename/"},
	{"section", "/:section/:contentbasename/"},
	{"slices", "/s/:sections[1:]/:slugorcontentbasename/"},
	{"last", "/l/:sections[last]/:title/"},
	{"layout", "/:2006-01/:02/:slug"},
	{"html", "/:year/:contentbasename.html"},
}

var zones = []string{"", "UTC", "Asia/Shanghai", "America/Los_Angeles", "Europe/Berlin", "Pacific/Auckland"}

// sites generates all sites with that many posts each.
func (g *generator) sites(tool string, posts int) (all []*site) {
	permalinks := jekyllPermalinks
	if tool == "hugo" {
		permalinks = hugoPermalinks
	}
	for i, permalink := range permalinks {
		s := &site{tool: tool, name: tool + "-" + permalink.name, permalink: permalink.text, zone: zones[i%len(zones)]}
		if i%3 == 1 {
			s.under = "/blog"
		}
		if tool == "hugo" {
			s.library = "content"
		}
		for range posts {
			p := g.post(tool, permalink.text)
			p.feature("permalink", permalink.name)
			p.feature("zone", cmp.Or(s.zone, "unset"))
			s.posts = append(s.posts, p)
		}
		all = append(all, s)
	}
	return all
}

var names = []choice{
	{"plain", "hello-world"},
	{"capitals", "Hello_World"},
	{"spaces", "hello  world (1)"},
	{"Chinese", "人工智能-日报"},
	{"dots", "v1.2.3"},
	{"signs", "C++ & Go!"},
	{"percent", "100% sure"},
	{"accents", "Crème-brûlée"},
	{"hyphens", "-a--b-"},
}

var folders = map[string][]choice{
	"jekyll": {
		{"_posts", "_posts"}, {"above _posts", "tech/_posts"}, {"two above _posts", "News/AI Weekly/_posts"},
		{"below _posts", "_posts/2026"}, {"above and below _posts", "tech/_posts/Sub Folder"}, {"Chinese above _posts", "科技/_posts"},
	},
	"hugo": {
		{"section", "posts"}, {"top", ""}, {"two sections", "posts/tech"}, {"three sections", "posts/Tech News/ai"}, {"Chinese section", "新闻"},
	},
}

var titles = []choice{
	{"quoted", `"Digest %s: news of the day"`},
	{"bare", `Digest %s for today`},
	{"Chinese", `"科技日报 %s：模型与芯片"`},
	{"hash", `Weekly %s #42`},
	{"folded", ">-\n  Digest %s\n  in two lines"},
	{"apostrophes", `'It''s %s again'`},
	{"markup", `"Digest %s **bold** and ` + "`code`" + `"`},
	{"ampersand", `"Digest %s: R&D &amp; <b>more</b>"`},
	{"emoji", `"Digest %s 👩‍💻🚀"`},
	{"quotes", `"Digest %s \"quoted\" -- and more..."`},
}

var categories = []choice{
	{"none", ""},
	{"list", "categories:\n  - tech\n  - AI News"},
	{"flow", "categories: [tech, cloud]"},
	{"words", "categories: jekyll update"},
	{"one word", "categories: Tech"},
	{"category", "category: tech"},
	{"category of two words", "category: Big News"},
	{"both", "categories: [tech]\ncategory: ai"},
	{"nested", "categories: [[a, b], c]"},
	{"empty places", "categories: [tech, \"\", ~]"},
	{"twice", "categories: [tech, Tech, tech]"},
	{"numbers", "categories: [2026, 7]"},
	{"Chinese", "categories: [科技, 人工 智能]"},
	{"signs", "categories: [\"C++\", \"R&D\", \"50%\", \"a/b\"]"},
	{"null", "categories:"},
}

var tags = []choice{
	{"list", "tags:\n  - AI\n  - open source"},
	{"none", ""},
	{"flow", "tags: [AI, Go, \"C#\"]"},
	{"words", "tags: ai cloud"},
	{"tag", "tag: AI"},
	{"both", "tags: [AI]\ntag: Go"},
	{"nested", "tags: [[AI, Go], Rust]"},
	{"empty places", "tags: [AI, \"\", ~, Go]"},
	{"twice", "tags: [AI, AI]"},
	{"case", "tags: [AI, ai]"},
	{"numbers", "tags: [2026, 7]"},
	{"Chinese", "tags: [人工智能, 芯片]"},
	{"commas", "tags: AI, cloud native"},
	{"null", "tags: ~"},
}

// hugoLists returns the lists that Hugo can build: a nested or empty tag makes its build
// fail.
func hugoLists(all []choice) (out []choice) {
	for _, c := range all {
		switch c.name {
		case "nested", "empty places":
		default:
			out = append(out, c)
		}
	}
	return out
}

// written finishes a formatted time: dates use placeholders for characters that would be
// part of the layout.
var written = strings.NewReplacer("~", "-", "@", "24")

// dates are time layouts of package time.
var dates = map[string][]choice{
	"jekyll": {
		{"none", ""},
		{"day", "2006-01-02"},
		{"minutes", "2006-01-02 15:04"},
		{"seconds", "2006-01-02 15:04:05"},
		{"offset", "2006-01-02 15:04:05 +0800"},
		{"offset behind", "2006-01-02 15:04:05 ~0700"},
		{"offset with colon", "2006-01-02T15:04:05+08:00"},
		{"short offset", "2006-01-02 15:04:05 +08"},
		{"offset and zone", "2006-01-02 15:04:05 +0800 CST"},
		{"Z", "2006-01-02T15:04:05Z"},
		{"lower case", "2006-01-02t15:04:05z"},
		{"fraction", "2006-01-02T15:04:05.000Z"},
		{"quoted", `"2006-01-02 15:04:05"`},
		{"words", "02 Jan 06 15:04 UTC"},
		{"long words", "Mon Jan _2 15:04:05 UTC 2006"},
		{"mail", "Mon, 02 Jan 2006 15:04:05 +0800"},
		{"month first", "January 2, 2006"},
		{"slashes", "2006/01/02 15:04"},
		{"midnight", "2006-01-02 @:00:00"},
	},
	"hugo": {
		{"day", "2006-01-02"},
		{"seconds", "2006-01-02 15:04:05"},
		{"T", "2006-01-02T15:04:05"},
		{"offset", "2006-01-02 15:04:05 +0800"},
		{"offset behind", "2006-01-02T15:04:05~07:00"},
		{"offset with colon", "2006-01-02T15:04:05+08:00"},
		{"Z", "2006-01-02T15:04:05Z"},
		{"words", "02 Jan 06 15:04 UTC"},
		{"long words", "Mon Jan _2 15:04:05 UTC 2006"},
		{"mail", "Mon, 02 Jan 2006 15:04:05 +0800"},
		{"offset and zone", "2006-01-02 15:04:05 +0800 CST"},
		{"quoted", `"2006-01-02 15:04:05"`},
		{"short words", "02 Jan 2006"},
		{"Unix seconds", "unix"},
	},
}

var fileDates = []choice{
	{"full", "2006-01-02-"},
	{"short month", "2006-1-2-"},
	{"short year", "06-01-02-"},
}

var slugs = []choice{
	{"none", ""}, {"plain", "slug: my-slug-%s"}, {"words", `slug: "My Slug %s"`}, {"Chinese", "slug: 我的-%s"}, {"signs", `slug: "a.b_c & d %s"`},
}

var urls = map[string][]choice{
	"jekyll": {
		{"none", ""}, {"folder", "permalink: /own/%s/"}, {"file", "permalink: /own/%s.html"}, {"bare", "permalink: /own/%s"},
		{"template", "permalink: /own/:year/:title-%s.html"}, {"without slash", "permalink: own/%s.html"}, {"Chinese", "permalink: /专栏/%s/"}, {"percent", "permalink: /a%%20b/%s/"},
	},
	"hugo": {
		{"none", ""}, {"folder", "url: /own/%s/"}, {"file", "url: /own/%s.html"}, {"without slash", "url: own/%s/"}, {"Chinese", "url: /专栏/%s/"},
		{"template", "url: /own/:year/:slug/%s/"}, {"capitals", "url: /Own/%s/Page/"},
	},
}

var forms = map[string][]choice{
	"jekyll": {{"YAML", ""}, {"merge", ""}, {"two equal keys", ""}, {"tab in a value", ""}, {"CRLF", ""}, {"byte order mark", ""}, {"comments", ""}},
	"hugo":   {{"YAML", ""}, {"merge", ""}, {"CRLF", ""}, {"byte order mark", ""}, {"comments", ""}, {"TOML", ""}, {"JSON", ""}, {"one-line JSON", ""}, {"JSON closed in a line", ""}},
}

// post generates a post of a site with a permalink.
func (g *generator) post(tool, permalink string) *post {
	g.next++
	id := fmt.Sprintf("n%03d", g.next)
	p := &post{features: map[string]string{}}

	// Days around the ends of years and months and around clock changes are more likely.
	day := time.Date(2026, 1, 1+g.rand.IntN(300), g.rand.IntN(24), g.rand.IntN(60), g.rand.IntN(60), 0, time.UTC)
	special := []string{"2024-12-30", "2025-12-31", "2026-01-01", "2024-02-29", "2026-03-08", "2026-03-29", "2026-10-25", "2021-01-03"}
	if g.rand.IntN(3) == 0 {
		on, err := time.Parse(time.DateOnly, special[g.rand.IntN(len(special))])
		if err == nil {
			day = time.Date(on.Year(), on.Month(), on.Day(), day.Hour(), day.Minute(), day.Second(), 0, time.UTC)
		}
	}

	name, fileDate, folder := g.pick(names), g.seldom(fileDates), g.pick(folders[tool])
	date := g.pick(dates[tool])
	if tool == "hugo" {
		if folder.text == "" && permalink != "" { // permalinks apply to sections
			folder = folders[tool][0]
		}
		fileDate = fileDates[0]
		if g.rand.IntN(2) == 0 {
			fileDate = choice{"none", ""}
		}
	}
	p.feature("file date", fileDate.name)
	p.feature("name", name.name)
	p.feature("folder", folder.name)
	// Sometimes the file name has a different day from the front matter.
	filed := day
	p.feature("file", "of the same day")
	if g.rand.IntN(4) == 0 && date.name != "none" {
		filed = day.AddDate(0, 0, -1)
		p.feature("file", "of another day")
	}
	prefix := ""
	if fileDate.text != "" {
		prefix = filed.Format(fileDate.text)
	}
	base := prefix + name.text + "-" + id
	ending := ".md"
	if g.rand.IntN(8) == 0 {
		ending = ".markdown"
		p.feature("ending", ending)
	}
	p.file = filepath.Join(folder.text, base+ending)
	if tool == "hugo" {
		p.file = filepath.Join("content", folder.text, base+ending)
	}

	lists, tagForms := categories, tags
	if tool == "hugo" {
		lists, tagForms = hugoLists(categories), hugoLists(tags)
	}
	title, category, tag, slug, url, form := g.pick(titles), g.pick(lists), g.pick(tagForms), g.seldom(slugs), g.seldom(urls[tool]), g.pick(forms[tool])
	p.body = g.body(tool, p)
	if form.name == "TOML" || strings.Contains(form.name, "JSON") {
		g.otherForm(p, form, id, day, title, category, tag, slug, url)
		return p
	}
	p.feature("title", title.name)
	p.feature("categories", category.name)
	p.feature("tags", tag.name)
	p.feature("date", date.name)
	p.feature("slug", slug.name)
	p.feature("own URL", url.name)
	p.feature("form", form.name)
	lines := []string{"title: " + fmt.Sprintf(title.text, id)}
	if date.text == "unix" {
		lines = append(lines, fmt.Sprint("date: ", day.Unix()))
	} else if date.text != "" {
		lines = append(lines, "date: "+written.Replace(day.Format(date.text)))
	}
	for _, c := range []choice{category, tag} {
		if c.text != "" {
			lines = append(lines, c.text)
		}
	}
	for _, c := range []choice{slug, url} {
		if c.text != "" {
			lines = append(lines, fmt.Sprintf(c.text, id))
		}
	}
	switch form.name {
	case "merge":
		lines[0] = "base: &base\n  author: Ada\n  title: " + strings.ReplaceAll(fmt.Sprintf(title.text, id), "\n", "\n  ") + "\n<<: *base"
	case "two equal keys":
		lines = append([]string{"title: The first title"}, lines...)
	case "tab in a value":
		lines[0] = "title: \"Digest " + id + "\tand a tab\""
		p.feature("title", "tab")
	case "comments":
		lines = append([]string{"# a comment"}, lines...)
		lines = append(lines, "author: Ada # another")
	}
	p.text = "---\n" + strings.Join(lines, "\n") + "\n---\n" + p.body
	switch form.name {
	case "CRLF":
		p.text = strings.ReplaceAll(p.text, "\n", "\r\n")
	case "byte order mark":
		p.text = "\ufeff" + p.text
	}
	return p
}

// otherForm writes a post with front matter in TOML or JSON, which have fewer forms of
// values.
func (g *generator) otherForm(p *post, form choice, id string, day time.Time, title, category, tag, slug, url choice) {
	p.feature("form", form.name)
	p.feature("title", "of "+form.name)
	p.feature("categories", "of "+form.name)
	p.feature("tags", "of "+form.name)
	p.feature("date", "of "+form.name)
	p.feature("slug", "none")
	p.feature("own URL", "none")
	toml := form.name == "TOML"
	write := func(key, value string) string {
		if toml {
			return key + " = " + value
		}
		return `"` + key + `": ` + value
	}
	when := day.Format(time.RFC3339)
	if !toml {
		when = `"` + when + `"`
	}
	lines := []string{
		write("title", `"Digest `+id+` in another form"`), write("date", when),
		write("categories", `["tech", "AI News"]`), write("tags", `["AI", "open source"]`),
	}
	if slug.name == "plain" {
		p.feature("slug", slug.name)
		lines = append(lines, write("slug", `"my-slug-`+id+`"`))
	}
	switch form.name {
	case "TOML":
		p.text = "+++\n" + strings.Join(lines, "\n") + "\n+++\n" + p.body
	case "JSON":
		p.text = "{\n  " + strings.Join(lines, ",\n  ") + "\n}\n" + p.body
	case "one-line JSON":
		p.text = "{" + strings.Join(lines, ", ") + "}\n" + p.body
	default:
		p.text = "{\n  " + strings.Join(lines, ",\n  ") + "}\n" + p.body
	}
}

// body generates a digest of three stories with a snippet each, and one more.
func (g *generator) body(tool string, p *post) string {
	var b strings.Builder
	end := "" // of a snippet that ended the previous story
	headline := func(number int, id string) {
		fmt.Fprintf(&b, "### %sStory %d of digest %d%s\n\n", end, number, g.next, id)
		end = ""
	}
	source := func(number int) {
		fmt.Fprintf(&b, "\n**Source:** [Paper %d](https://example.com/%d/%d)\n\n", number, g.next, number)
	}
	fmt.Fprintf(&b, "\nThe news of today in short.\n\n## News\n\n")
	for i := range 3 {
		s := g.snippet(tool)
		at := placed{snippet: s, number: fmt.Sprintf("%dx%d", g.next, i)}
		at.begin, at.end = "begin"+at.number, "end"+at.number
		p.snippets = append(p.snippets, at)
		own := func(text string) string { return strings.ReplaceAll(text, "§", at.number) }
		headline(i+1, own(s.id))
		if s.last {
			fmt.Fprintf(&b, "%s %s\n\n", at.begin, own(s.text))
			end = at.end + " "
			continue
		}
		if s.block {
			fmt.Fprintf(&b, "%s stands here.\n\n%s\n\n%s stands here.\n", at.begin, own(s.text), at.end)
		} else {
			fmt.Fprintf(&b, "%s %s %s and more.\n", at.begin, own(s.text), at.end)
		}
		if s.after != "" {
			fmt.Fprintf(&b, "\n%s\n", own(s.after))
		}
		source(i + 1)
	}
	headline(4, "")
	fmt.Fprintf(&b, "That is all.\n")
	source(4)
	return b.String()
}

func (g *generator) snippet(tool string) snippet {
	for {
		if s := snippets[g.rand.IntN(len(snippets))]; s.tool == "" || s.tool == tool {
			return s
		}
	}
}

// write puts the posts of a site into its folder.
func (s *site) write(folder string) error {
	s.folder = filepath.Join(folder, s.name)
	for _, p := range s.posts {
		if err := put(filepath.Join(s.folder, p.file), p.text); err != nil {
			return err
		}
	}
	return nil
}

func put(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

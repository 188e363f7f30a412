package website

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/digest"
)

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

func permalink(t testing.TB, base, pattern string) (*Website, error) {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{Base: u, Permalink: pattern})
}

// The addresses are those of Jekyll 4.
func TestPermalink(t *testing.T) {
	const seed = "/:categories/:year/:month/:day/:title.html"
	morning := time.Date(2026, 1, 5, 8, 7, 9, 0, time.FixedZone("", 8*60*60)) // the second Monday of its year
	for _, c := range []struct{ pattern, id, categories, want string }{
		{seed, "2026-01-05-tech-news", "tech", "/tech/2026/01/05/tech-news.html"},
		{seed, "_posts/2026-01-05-tech-news", "tech", "/tech/2026/01/05/tech-news.html"},
		{seed, "_posts/2026/01/2026-01-05-tech-news", "tech", "/tech/2026/01/05/tech-news.html"},
		{seed, "news/daily/_posts/2026-01-05-tech-news", "tech, News", "/news/daily/tech/2026/01/05/tech-news.html"},
		{seed, "2026-01-05-tech-news", "", "/2026/01/05/tech-news.html"},
		{seed, "2026-01-05-tech-news", "Tech, AI News, tech", "/tech/ai%20news/2026/01/05/tech-news.html"},
		{seed, "2026-01-05-tech-news", "科技", "/%E7%A7%91%E6%8A%80/2026/01/05/tech-news.html"},
		{seed, "2026-01-05-tech-news", "C#", "/c%23/2026/01/05/tech-news.html"},
		{"date", "2026-01-05-tech-news", "tech", "/tech/2026/01/05/tech-news.html"},
		{"pretty", "2026-01-05-tech-news", "tech", "/tech/2026/01/05/tech-news/"},
		{"ordinal", "2026-01-05-tech-news", "tech", "/tech/2026/005/tech-news.html"},
		{"weekdate", "2026-01-05-tech-news", "tech", "/tech/2026/W02/Mon/tech-news.html"},
		{"none", "2026-01-05-tech-news", "tech", "/tech/tech-news.html"},
		// The title is the file name, in its case and with the characters allowed in a
		// path.
		{"none", "2026-1-5-Tech_News", "", "/Tech_News.html"},
		{"none", "2026-01-05-Tech -- News?", "", "/Tech-News.html"},
		{"none", "2026-01-05-c++-(draft)~1", "", "/c++-(draft)~1.html"},
		{"none", "2026-01-05-科技 新闻", "", "/%E7%A7%91%E6%8A%80-%E6%96%B0%E9%97%BB.html"},
		{"none", "2026-01-05-v1.20", "", "/v1.20.html"},
		{"none", "2026-01-05-wait...", "", "/wait.html"},
		{"none", "weekly", "", "/weekly.html"},
		{"/:slug/", "2026-01-05-Tech_News v1.20", "", "/tech-news-v1-20/"},
		{"/:name/", "2026-01-05-Tech_News", "", "/2026-01-05-tech-news/"},
		{"/:slugified_categories/:title", "2026-01-05-a", "AI News!, ai news", "/ai-news/a"},
		{":title", "2026-01-05-a", "", "/a"},
		{"/:collection/:path:output_ext", "_posts/2026/2026-01-05-a", "", "/posts/2026/2026-01-05-a.html"},
		{"/新闻/:title", "2026-01-05-a", "", "/%E6%96%B0%E9%97%BB/a"},
		{"/../:title", "2026-01-05-a..b", "", "/a/b"},
		{"/:year_:i_month_:i_day/:short_year:y_day/:title", "2026-01-05-a", "", "/2026_1_5/26005/a"},
		{"/:short_month-:long_month/:short_day-:long_day-:w_day/:w_year-:week/:title", "2026-01-05-a", "", "/Jan-January/Mon-Monday-1/2026-02/a"},
		{"/:hour-:minute-:second/:title", "2026-01-05-a", "", "/08-07-09/a"},
	} {
		p, err := permalink(t, "https://example.org/blog/", c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		d := &digest.Digest{Card: digest.Card{ID: c.id, Date: morning, Title: "not this one"}}
		if c.categories != "" {
			d.Categories = strings.Split(c.categories, ", ")
		}
		if got, want := p.URL(digest.Keep(d)), "https://example.org/blog"+c.want; got != want {
			t.Errorf("%s gives %s in [%s]\n got %s\nwant %s", c.pattern, c.id, c.categories, got, want)
		}
	}
}

func TestPermalinkWithoutDate(t *testing.T) {
	for pattern, want := range map[string]string{"date": "", "none": "https://example.org/weekly.html"} {
		p, err := permalink(t, "https://example.org", pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.URL(digest.Keep(&digest.Digest{Card: digest.Card{ID: "weekly"}})); got != want {
			t.Errorf("%s gives %q, want %q", pattern, got, want)
		}
	}
	var none *Website
	if got := none.URL(digest.Keep(&digest.Digest{Card: digest.Card{ID: "weekly", Date: day(1)}})); got != "" {
		t.Errorf("without a permalink the address is %q", got)
	}
}

func TestPermalinksThatMakeNoSense(t *testing.T) {
	for pattern, want := range map[string]string{
		"/:categories/:titel.html": "there is no placeholder :titel: write one of :categories",
		"/:year/:month/:basename/": "there is no placeholder :basename",
		"prety":                    "all digests of a day would have one address",
		"/:year/:month/:day/":      "all digests of a day would have one address",
	} {
		if _, err := permalink(t, "https://example.org", pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want in it %s", pattern, err, want)
		}
	}
}

// FuzzPermalink checks that an address can be parsed and is below the base, on its
// host.
func FuzzPermalink(f *testing.F) {
	f.Add("2026-01-05-tech-news", "tech")
	f.Add("../../x", "//evil.example")
	f.Add("\xff?#%", "@evil")
	f.Fuzz(func(t *testing.T, id, category string) {
		p, err := permalink(t, "https://example.org/blog", "/:categories/:title:output_ext")
		if err != nil {
			t.Fatal(err)
		}
		at := p.URL(digest.Keep(&digest.Digest{Card: digest.Card{ID: id, Categories: []string{category}}}))
		u, err := url.Parse(at)
		if err != nil || u.Host != "example.org" || !strings.HasPrefix(u.Path, "/blog/") || u.RawQuery != "" || u.Fragment != "" || strings.Contains(u.Path, "..") {
			t.Errorf("%q in %q has the address %q: %v", id, category, at, err)
		}
	})
}

// The addresses are those of Jekyll 4.3.1.
func TestJekyllPages(t *testing.T) {
	for _, c := range []struct {
		pattern, id string
		page        digest.Page
		categories  string
		want        string
	}{
		{"date", "_posts/2026-01-05-a", digest.Page{Slug: "My Slug!"}, "", "/2026/01/05/My-Slug!.html"},
		{"/:slug/", "_posts/2026-01-05-a", digest.Page{Slug: "My Slug!"}, "", "/my-slug/"},
		{"date", "_posts/2026-01-05-a", digest.Page{Permalink: "/own/:year/:title.html", Slug: "b"}, "", "/own/2026/b.html"},
		{"date", "_posts/2026-01-05-a", digest.Page{Permalink: "own"}, "", "/own"},
		{"date", "_posts/2026-01-05-a", digest.Page{Permalink: "pretty"}, "", "/pretty"},
		{"date", "_posts/2026-01-05-a", digest.Page{Permalink: "/专栏/x/"}, "", "/%E4%B8%93%E6%A0%8F/x/"},
		{"date", "_posts/2026-01-05-a", digest.Page{Permalink: "/:nothing/"}, "", ""},
		{"/a%20b/50%/:title", "_posts/2026-01-05-a", digest.Page{}, "", "/a%20b/50%25/a"},
		{"/:categories/:title", "_posts/2026-01-05-a", digest.Page{}, "100%", "/100%25/a"},
		{"/:categories/:title", "_posts/2026-01-05-a", digest.Page{Categories: []string{"a,", "b"}}, "a, b", "/a,/b/a"},
		{"/:categories/:title", "tech/_posts/2026-01-05-a", digest.Page{Categories: []string{`["a", "b"]`, "a", "b"}}, "a, b", "/tech/%5B%22a%22,%20%22b%22%5D/a/b/a"},
		{"/:path", "News/AI Weekly/_posts/2026/2026-01-05-a", digest.Page{}, "", "/News/AI%20Weekly/2026/2026-01-05-a"},
		{"date", "News/AI Weekly/_posts/2026-01-05-a", digest.Page{}, "tech", "/news/ai%20weekly/tech/2026/01/05/a.html"},
	} {
		site, err := permalink(t, "https://example.org/blog", c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		card := &digest.Card{ID: c.id, Page: &c.page, Date: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)}
		if c.categories != "" {
			card.Categories = strings.Split(c.categories, ", ")
		}
		want := c.want
		if want != "" {
			want = "https://example.org/blog" + want
		}
		if site.Place(card); card.URL != want {
			t.Errorf("%s and %+v give %s\n got %s\nwant %s", c.pattern, c.page, c.id, card.URL, want)
		}
	}
}

// The addresses are those of Hugo 0.160.1 and, for :slugorfilename, those of earlier
// versions.
func TestHugoPages(t *testing.T) {
	for _, c := range []struct {
		pattern, id string
		page        digest.Page
		want        string
	}{
		{"hugo", "content/posts/Deep Dir/C++ & Go!", digest.Page{}, "/posts/deep-dir/c++--go/"},
		{"hugo", "content/posts/a", digest.Page{Slug: "-My Slug-"}, "/posts/my-slug/"},
		{"hugo", "content/posts/a/index", digest.Page{}, "/posts/a/"},
		{"hugo", "content/posts/a/index", digest.Page{Slug: "b"}, "/posts/b/"},
		{"hugo", "content/a", digest.Page{}, "/a/"},
		{"hugo", "content/新闻/人工智能 日报", digest.Page{}, "/%E6%96%B0%E9%97%BB/%E4%BA%BA%E5%B7%A5%E6%99%BA%E8%83%BD-%E6%97%A5%E6%8A%A5/"},
		{"hugo", "content/posts/a#b", digest.Page{}, "/posts/a%23b/"},
		{"hugo", "content/posts/a", digest.Page{URL: "/Own/Page"}, "/Own/Page/"},
		{"hugo", "content/posts/a", digest.Page{URL: "own.html"}, "/own.html"},
		{"hugo", "content/posts/a", digest.Page{URL: "/x/../own/"}, "/own/"},
		{"hugo", "content/posts/a", digest.Page{URL: "/:year/:slug/", Slug: "b c"}, "/2026/b-c/"},
		{"/:year/:month/:day/:slug/", "content/posts/a", digest.Page{}, "/2026/01/05/ai-news-more/"},
		{"/:monthname/:weekday/:weekdayname/:yearday/:title", "content/posts/a", digest.Page{}, "/january/1/monday/5/ai-news-more/"},
		{"/:section/:slugorcontentbasename", "content/posts/x/a/index", digest.Page{}, "/posts/a/"},
		{"/:sections/:slugorfilename", "content/posts/sub/x/a", digest.Page{}, "/posts/sub/a/"},
		{"/:sections/:contentbasename", "content/posts/plain/a", digest.Page{}, "/posts/a/"},
		{"/:sections[1:]/:filename", "content/posts/sub/a", digest.Page{}, "/sub/a/"},
		{"/:sections[0]/:sections[last]/:filename", "content/posts/sub/a", digest.Page{}, "/posts/sub/a/"},
		{"/x:sections[7]/:filename", "content/posts/sub/a", digest.Page{}, "/x/a/"},
		{"/:2006/:Jan/:filename", "content/posts/a", digest.Page{}, "/2026/jan/a/"},
		{`/a\:b/:filename`, "content/posts/a", digest.Page{}, "/ab/a/"},
		{"/:section/:title", "content/posts/a", digest.Page{Title: "Weekly"}, "/posts/weekly/"},
	} {
		u, _ := url.Parse("https://example.org/blog/")
		site, err := New(Options{Base: u, Permalink: c.pattern, Hugo: true})
		if err != nil {
			t.Fatal(err)
		}
		site.Section = func(folder string) bool { return folder == "content/posts/sub" || folder == "posts/sub" }
		card := &digest.Card{ID: c.id, Title: "AI: News & more", Page: &c.page, Date: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)}
		if site.Place(card); card.URL != "https://example.org/blog"+c.want {
			t.Errorf("%s and %+v give %s\n got %s\nwant https://example.org/blog%s", c.pattern, c.page, c.id, card.URL, c.want)
		}
	}
}

// A token that only one tool has shows which tool it is; the default is Jekyll.
func TestWhosePermalink(t *testing.T) {
	for pattern, hugo := range map[string]bool{
		"": false, "pretty": false, "hugo": true, "/:year/:title/": false, "/:categories/:title/": false, "/:section/:title/": true, "/:year/:slugorfilename/": true, "/:sections[1:]/:slug": true, "/:2006/:title": true,
	} {
		site, err := permalink(t, "https://example.org", pattern)
		if err != nil || site.Hugo != hugo {
			t.Errorf("%q: %v, %+v; want Hugo %t", pattern, err, site, hugo)
		}
	}
	for pattern, want := range map[string]string{
		"/:section/:categories/:title": ":categories is Jekyll's and :section is Hugo's",
		"/:sections[x]/:title":         "Hugo has no token :sections[x]",
		"/:section/":                   "all digests of a day would have one address",
	} {
		if _, err := permalink(t, "https://example.org", pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want in it %s", pattern, err, want)
		}
	}
	if _, err := New(Options{Hugo: true, Sections: map[string]string{"posts": "/:categories/:title"}}); err == nil || !strings.Contains(err.Error(), ":categories is Jekyll's, and Hugo makes the site") {
		t.Errorf("a pattern of Jekyll's on Hugo: %v", err)
	}
}

// The days and times are those that Jekyll 4.3.1 and Hugo 0.160.1 show.
func TestZoneOfAWebsite(t *testing.T) {
	at := func(text string) time.Time {
		day, err := time.Parse("2006-01-02T15:04:05Z07:00", text)
		if err != nil {
			t.Fatal(err)
		}
		return day
	}
	for _, c := range []struct {
		zone         string
		clock        digest.Clock
		date         string
		jekyll, hugo string
	}{
		{"UTC", digest.ClockLocal, "2026-03-04T08:30:00Z", "2026-03-04 08:30", "2026-03-04 08:30"},
		{"Asia/Shanghai", digest.ClockLocal, "2026-03-04T23:30:00Z", "2026-03-04 23:30", "2026-03-04 23:30"},
		{"Asia/Shanghai", digest.ClockRuby, "2026-03-04T23:30:00Z", "2026-03-05 07:30", "2026-03-04 23:30"},
		{"Asia/Shanghai", digest.ClockRuby, "2026-03-04T23:30:00-06:00", "2026-03-05 13:30", "2026-03-04 23:30"},
		{"Asia/Shanghai", digest.ClockOffset, "2026-03-04T23:30:00Z", "2026-03-05 07:30", "2026-03-04 23:30"},
		{"UTC", digest.ClockOffset, "2026-03-04T00:30:00+08:00", "2026-03-03 16:30", "2026-03-04 00:30"},
		{"America/New_York", digest.ClockLocal, "2026-03-08T02:30:00Z", "2026-03-08 03:30", "2026-03-08 01:30"},
		{"Africa/Cairo", digest.ClockLocal, "2026-04-24T00:00:00Z", "2026-04-24 01:00", "2026-04-24 01:00"},
		{"", digest.ClockOffset, "2026-03-04T00:30:00+08:00", "2026-03-04 00:30", "2026-03-04 00:30"},
	} {
		o := Options{}
		if c.zone != "" {
			var err error
			if o.Zone, err = time.LoadLocation(c.zone); err != nil {
				t.Fatal(err)
			}
		}
		for _, hugo := range []bool{false, true} {
			o.Hugo = hugo
			site, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			want := c.jekyll
			if hugo {
				want = c.hugo
			}
			card := &digest.Card{ID: "a", Date: at(c.date), Clock: c.clock}
			if site.Place(card); card.Date.Format("2006-01-02 15:04") != want {
				t.Errorf("%s in %s, Hugo %t, clock %d: got %s, want %s", c.date, c.zone, hugo, c.clock, card.Date, want)
			}
		}
	}
	base, _ := url.Parse("https://example.org")
	site, err := New(Options{Base: base})
	card := &digest.Card{ID: "2026-03-04-a", Date: at("2026-03-04T00:30:00+08:00"), Clock: digest.ClockOffset}
	if site.Place(card); err != nil || card.URL != "https://example.org/2026/03/03/a.html" {
		t.Errorf("a site without a zone is in UTC: %v, %s", err, card.URL)
	}
	guessed := &digest.Card{ID: "a", Date: at("2026-03-04T00:00:00Z"), Guessed: true}
	if site.Place(guessed); guessed.Date.Format(time.DateOnly) != "2026-03-04" {
		t.Errorf("a guessed day has moved: %s", guessed.Date)
	}
}

// Values that are one category in Hugo and several in Jekyll, and folders above _posts.
func TestCategoriesOfAWebsite(t *testing.T) {
	base, _ := url.Parse("https://example.org")
	for _, hugo := range []bool{false, true} {
		site, err := New(Options{Base: base, Hugo: hugo, Folder: "news"})
		if err != nil {
			t.Fatal(err)
		}
		card := &digest.Card{ID: "tech/_posts/2026-01-05-a", Date: day(1), Categories: []string{"jekyll", "update", "tech"}, Tags: []string{"open", "source"}, Page: &digest.Page{HugoCategories: []string{"jekyll update"}, HugoTags: []string{"open source"}}}
		site.Place(card)
		got, want := strings.Join(card.Categories, "|")+" "+strings.Join(card.Tags, "|"), "news|tech|jekyll|update open|source"
		if hugo {
			want = "jekyll update open source"
		}
		if got != want {
			t.Errorf("Hugo %t: got %s, want %s", hugo, got, want)
		}
	}
}

func TestResolve(t *testing.T) {
	base, _ := url.Parse("https://example.org/blog")
	site, err := New(Options{Base: base, Permalink: "date"})
	if err != nil {
		t.Fatal(err)
	}
	other := &digest.Card{ID: "tech/_posts/2026-01-04-b", Date: day(4)}
	site.Place(other)
	site.Find = func(id string) *digest.Card {
		if id == other.ID {
			return other
		}
		return nil
	}
	page := &digest.Card{ID: "_posts/2026-01-05-a", Date: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)}
	site.Place(page)
	for link, want := range map[string]string{
		"/path":                                "https://example.org/path",
		"../x":                                 "https://example.org/blog/2026/01/x",
		"x.html":                               "https://example.org/blog/2026/01/05/x.html",
		"?q=1":                                 "https://example.org/blog/2026/01/05/a.html?q=1",
		"//example.com/x":                      "https://example.com/x",
		"../../../../../x":                     "https://example.org/x",
		"{{ site.baseurl }}/x":                 "https://example.org/blog/x",
		"{{site.url}}{{site.baseurl}}/x":       "https://example.org/blog/x",
		"{{ '/x' | relative_url }}":            "https://example.org/blog/x",
		`{{ "x" | absolute_url }}`:             "https://example.org/blog/x",
		"{{ '/x' | prepend: site.baseurl }}#y": "https://example.org/blog/x#y",
		"{% post_url tech/2026-01-04-b %}":     other.URL,
		"{% link tech/_posts/2026-01-04-b.md %}#x":           other.URL + "#x",
		"{{ site.baseurl }}{% post_url tech/2026-01-04-b %}": other.URL,
		"{% post_url 2026-01-01-none %}":                     "",
		"{{ page.other }}/x":                                 "",
		"{% include x %}":                                    "",
		"javascript:alert(1)":                                "",
		"mailto:a@example.org":                               "",
		"https:///x":                                         "",
	} {
		if got := site.Resolve(page, link); got != want {
			t.Errorf("%s leads to %q, want %q", link, got, want)
		}
	}
}

package digest

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func permalink(t testing.TB, base, pattern string) (*Permalink, error) {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	return ParsePermalink(u, pattern)
}

// The addresses are those that Jekyll 4 gives.
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
		// The title is the file's name, in its case and with what a path may have.
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
		d := &Digest{Card: Card{ID: c.id, Date: morning, Title: "not this one"}}
		if c.categories != "" {
			d.Categories = strings.Split(c.categories, ", ")
		}
		if got, want := p.URL(Keep(d)), "https://example.org/blog"+c.want; got != want {
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
		if got := p.URL(Keep(&Digest{Card: Card{ID: "weekly"}})); got != want {
			t.Errorf("%s gives %q, want %q", pattern, got, want)
		}
	}
	var none *Permalink
	if got := none.URL(Keep(&Digest{Card: Card{ID: "weekly", Date: day(1)}})); got != "" {
		t.Errorf("without a permalink the address is %q", got)
	}
}

func TestPermalinksThatMakeNoSense(t *testing.T) {
	for pattern, want := range map[string]string{
		"/:categories/:titel.html": "there is no placeholder :titel: write one of :categories",
		"/:year/:month/:basename/": "there is no placeholder :basename",
		"prety":                    "all digests of a day would have one address",
		"/:year/:month/:day/":      "all digests of a day would have one address",
		"":                         "all digests of a day would have one address",
	} {
		if _, err := permalink(t, "https://example.org", pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want in it %s", pattern, err, want)
		}
	}
}

// FuzzPermalink: an address is one that parses, below the base, on its host.
func FuzzPermalink(f *testing.F) {
	f.Add("2026-01-05-tech-news", "tech")
	f.Add("../../x", "//evil.example")
	f.Add("\xff?#%", "@evil")
	f.Fuzz(func(t *testing.T, id, category string) {
		p, err := permalink(t, "https://example.org/blog", "/:categories/:title:output_ext")
		if err != nil {
			t.Fatal(err)
		}
		at := p.URL(Keep(&Digest{Card: Card{ID: id, Categories: []string{category}}}))
		u, err := url.Parse(at)
		if err != nil || u.Host != "example.org" || !strings.HasPrefix(u.Path, "/blog/") || u.RawQuery != "" || u.Fragment != "" || strings.Contains(u.Path, "..") {
			t.Errorf("%q in %q has the address %q: %v", id, category, at, err)
		}
	})
}

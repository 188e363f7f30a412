package language

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// literals returns the texts in the Go files of a folder, except tests, that wanted
// selects.
func literals(t *testing.T, folder string, wanted func(ast.Node) []ast.Expr) (texts []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files in %s, %v", len(files), folder, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			for _, e := range wanted(n) {
				if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					text, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					texts = append(texts, text)
				}
			}
			return true
		})
	}
	return texts
}

// first returns the first argument of each call of a method with one of the names.
func first(names ...string) func(ast.Node) []ast.Expr {
	return func(n ast.Node) []ast.Expr {
		if call, ok := n.(*ast.CallExpr); ok && len(call.Args) > 0 {
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains(names, f.Sel.Name) {
				return call.Args[:1]
			}
		}
		return nil
	}
}

// platforms returns the folders of the adapters, and their templates by name.
func platforms(t *testing.T) (folders []string, pages map[string]string) {
	t.Helper()
	pages = map[string]string{}
	root := "../../../adapters"
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && filepath.Dir(name) == root && !strings.HasSuffix(name, "test"):
			folders = append(folders, name)
		case filepath.Ext(name) == ".html" && !strings.Contains(name, "testdata"):
			content, err := os.ReadFile(name)
			pages[name] = string(content)
			return err
		}
		return nil
	})
	if err != nil || len(folders) < 3 || len(pages) < 3 {
		t.Fatalf("%d adapters with %d pages, which are not all: %v", len(folders), len(pages), err)
	}
	return folders, pages
}

// spelt matches a phrase in a template.
var spelt = regexp.MustCompile("\\.Say (\"[^\"]*\"|`[^`]*`)")

// phrasesSaid returns all phrases of this package and of the adapters, the summaries of
// verbs, arguments and settings, and the values of settings.
func phrasesSaid(t *testing.T) []string {
	said := append(literals(t, ".", first("Say", "SayOf")), literals(t, "..", first("Say", "SayOf"))...)
	folders, pages := platforms(t)
	for _, folder := range folders {
		said = append(said, literals(t, folder, first("Say"))...)
	}
	for _, page := range pages {
		for _, found := range spelt.FindAllStringSubmatch(page, -1) {
			said = append(said, strings.Trim(found[1], "\"`"))
		}
	}
	for _, r := range reasons {
		said = append(said, r.phrase)
	}
	said = append(said, valuesOf(t, "Summary")...)
	said = append(said, valuesOf(t, "Hint")...)
	said = append(said, valuesOf(t, "OnPost")...)
	for day := range 7 {
		said = append(said, time.Date(2026, 1, day+1, 0, 0, 0, 0, time.UTC).Format("Mon"))
	}
	if len(said) < 30 {
		t.Fatalf("%d phrases, which are not all: %q", len(said), said)
	}
	return said
}

// valuesOf returns the values of a field in the verbs, their arguments and the settings.
func valuesOf(t *testing.T, field string) (values []string) {
	for _, folder := range []string{"../../command", "../../subscription"} {
		values = append(values, literals(t, folder, func(n ast.Node) []ast.Expr {
			if pair, ok := n.(*ast.KeyValueExpr); ok {
				if key, ok := pair.Key.(*ast.Ident); ok && key.Name == field {
					return []ast.Expr{pair.Value}
				}
			}
			return nil
		})...)
	}
	return values
}

var verb = regexp.MustCompile(`%(\[\d\])?[a-z]`)

// verbs returns the formatting verbs of a phrase.
func verbs(phrase string) []string {
	v := verb.FindAllString(phrase, -1)
	slices.Sort(v)
	return v
}

// Every language has every phrase and no other: a missing one would be shown to readers in
// English, and an unused one would never be maintained.
func TestLanguagesAreComplete(t *testing.T) {
	said, named := phrasesSaid(t), valuesOf(t, "Name")
	for _, w := range spoken {
		english := w.tag == language.English
		months := strings.Contains(w.Say("2 January 2006"), "January") && !english
		wanted := slices.Clone(said)
		for m := time.January; months && m <= time.December; m++ {
			wanted = append(wanted, m.String())
		}
		for _, phrase := range wanted {
			if w.phrases[phrase] == nil && !english {
				t.Errorf("%s: %q is missing", w.tag, phrase)
			}
		}
		forms := map[string]bool{}
		for n := range 1000 {
			forms[formNames[plural.Cardinal.MatchPlural(w.tag, n, 0, 0, 0, 0)]] = true
		}
		for phrase, p := range w.phrases {
			if name := strings.Trim(phrase, "/="); len(name) == len(phrase)-1 && !strings.Contains(name, " ") {
				if !slices.Contains(named, name) {
					t.Errorf("%s: %q is the name of nothing", w.tag, phrase)
				}
				continue
			}
			if !slices.Contains(wanted, phrase) {
				t.Errorf("%s: %q is never said", w.tag, phrase)
			}
			if p["other"] == "" {
				t.Errorf("%s: %q has no text for other numbers", w.tag, phrase)
			}
			if got, want := verbs(p["other"]), verbs(phrase); !slices.Equal(got, want) {
				t.Errorf("%s: %q has %q in it, want %q", w.tag, p["other"], got, want)
			}
			for form := range p {
				if len(p) > 1 && !forms[form] {
					t.Errorf("%s: %q has a text for %s numbers, and the language has none of these", w.tag, phrase, form)
				}
			}
			for form := range forms {
				if len(p) > 1 && p[form] == "" {
					t.Errorf("%s: %q has no text for %s numbers", w.tag, phrase, form)
				}
			}
		}
	}
}

// A key that occurs twice in a file would be changed in one place and read in the other.
func TestLanguagesHaveEachPhraseOnce(t *testing.T) {
	names, err := filepath.Glob("*/*.json")
	if err != nil || len(names) < 5 {
		t.Fatalf("%d files, which are not all: %v", len(names), err)
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(content))
		depth, key, seen := 0, true, map[string]bool{}
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			switch x := token.(type) {
			case json.Delim:
				if x == '{' {
					depth++
				} else {
					depth--
				}
				key = depth == 1 && x != '{' || depth == 1 && len(seen) == 0
			case string:
				if depth != 1 {
					break
				}
				if key && seen[x] {
					t.Errorf("%s: %q stands there twice", name, x)
				}
				if key {
					seen[x] = true
				}
				key = !key
			}
		}
		if len(seen) < 9 {
			t.Errorf("%s: %d keys, which are not all", name, len(seen))
		}
	}
}

// The words of an adapter that people read are translated: none is only in its code or on
// its pages.
func TestAdaptersHaveNoWordsOfTheirOwn(t *testing.T) {
	folders, pages := platforms(t)
	paged := func(folder string) bool {
		for name := range pages {
			if strings.HasPrefix(name, folder+"/") {
				return true
			}
		}
		return false
	}
	for _, folder := range folders {
		for _, text := range literals(t, folder, func(n ast.Node) []ast.Expr {
			// An adapter without pages answers only machines over HTTP.
			if call, ok := n.(*ast.CallExpr); ok && paged(folder) && len(call.Args) == 3 {
				if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Error" {
					if of, ok := f.X.(*ast.Ident); ok && of.Name == "http" {
						return call.Args[1:2]
					}
				}
			}
			return first("Plain")(n)
		}) {
			if lettered.MatchString(text) {
				t.Errorf("%s: %q is said in English to everybody", folder, text)
			}
		}
	}
	for name, page := range pages {
		for _, text := range ownWords(page) {
			t.Errorf("%s: %q is said in English to everybody", name, text)
		}
	}
}

var (
	actions    = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	attributes = regexp.MustCompile(`\b(?:alt|title|placeholder|aria-label|aria-description)="([^"]*)"`)
	elements   = regexp.MustCompile(`(?s)<[^>]*>`)
	lettered   = regexp.MustCompile(`[\pL][\pL\pM ]*`)
)

// ownWords returns the words on a page of HTML that no action of its template inserted,
// except names.
func ownWords(page string) (own []string) {
	page = actions.ReplaceAllString(page, "")
	for _, a := range attributes.FindAllStringSubmatch(page, -1) {
		own = append(own, lettered.FindAllString(a[1], -1)...)
	}
	page = regexp.MustCompile("&[a-z]+;").ReplaceAllString(elements.ReplaceAllString(page, "\n"), "")
	own = append(own, lettered.FindAllString(page, -1)...)
	return slices.DeleteFunc(own, func(s string) bool { return slices.Contains([]string{"digestbot", "JSON"}, strings.TrimSpace(s)) })
}

func TestOwnWordsAreFound(t *testing.T) {
	const page = `<p title="a hint" class="no">Hello <b>{{.Say "x"}}</b>&ensp;{{if .A}}wörld 你好{{end}}</p><i>digestbot</i>`
	if got, want := ownWords(page), []string{"a hint", "Hello ", "wörld 你好"}; !slices.Equal(got, want) {
		t.Errorf("the page's own words are %q, want %q", got, want)
	}
}

var formNames = map[plural.Form]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other"}

func TestLanguageIsChosen(t *testing.T) {
	for _, c := range []struct{ wishes, want string }{
		{"", "en"}, {"en-GB", "en"}, {"en zh", "en"},
		{"zh", "zh-Hans"}, {"zh-CN", "zh-Hans"}, {"zh-SG", "zh-Hans"}, {" zh", "zh-Hans"},
		{"zh-TW", "zh-Hant"}, {"zh-HK", "zh-Hant"}, {"zh-MO", "zh-Hant"}, {"zh-Hant", "zh-Hant"}, {"zh-Hant-TW", "zh-Hant"}, {"zh_TW", "zh-Hant"},
		{"nonsense zh", "zh-Hans"}, {"vo zh", "zh-Hans"}, {"vo", "en"}, {"@everyone", "en"},
	} {
		if got := In(strings.Split(c.wishes, " ")...).tag.String(); got != c.want {
			t.Errorf("In(%q) is %s, want %s", c.wishes, got, c.want)
		}
	}
}

func TestLanguageIsChecked(t *testing.T) {
	for _, tag := range append(Tags(), "zh-CN", "zh-TW", "en-US") {
		if err := Check(tag); err != nil {
			t.Errorf("%q: %v", tag, err)
		}
	}
	for _, tag := range []string{"vo", "no language", "", "@everyone"} {
		err := Check(tag)
		if err == nil {
			t.Errorf("%q is taken", tag)
			continue
		}
		for _, known := range Tags() {
			if !strings.Contains(err.Error(), known) {
				t.Errorf("%q: %v, want it to name %s", tag, err, known)
			}
		}
	}
}

func TestNumbersAreCounted(t *testing.T) {
	for _, c := range []struct {
		lang string
		n    int
		want string
	}{
		{"en", 1, "AI %s: one digest"}, {"en", 0, "AI %s: 0 digests"}, {"en", 21, "AI %s: 21 digests"}, {"en", 1234, "AI %s: 1,234 digests"},
		{"zh", 1, "AI %s：1 篇摘要"}, {"zh-TW", 1234, "AI %s：1,234 篇摘要"},
	} {
		if got := In(c.lang).Say("%[2]s: %[1]d digests", c.n, "AI %s"); got != c.want {
			t.Errorf("%s: %q, want %q", c.lang, got, c.want)
		}
	}
}

func TestDaysAreToldAsPeopleDo(t *testing.T) {
	shanghai := time.FixedZone("CST", 8*3600)
	today := time.Date(2026, 1, 21, 8, 30, 0, 0, shanghai) // a Wednesday
	for _, c := range []struct {
		name       string
		since      time.Time
		en, zh, tw string
	}{
		{"yesterday", time.Date(2026, 1, 20, 23, 59, 0, 0, shanghai), "↻ since Tue", "↻ 周二起", "↻ 週二起"},
		{"six days ago", time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC), "↻ since Thu", "↻ 周四起", "↻ 週四起"},
		{"a week ago", time.Date(2026, 1, 14, 23, 0, 0, 0, shanghai), "↻ since 14 January", "↻ 1月14日起", "↻ 1月14日起"},
		{"the same day", time.Date(2026, 1, 21, 0, 0, 0, 0, time.UTC), "↻ earlier today", "↻ 今天早些时候", "↻ 今天稍早"},
		{"tomorrow", time.Date(2026, 1, 22, 0, 0, 0, 0, time.UTC), "↻ since 22 January", "↻ 1月22日起", "↻ 1月22日起"},
		{"last year", time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC), "↻ since 31 December 2025", "↻ 2025年12月31日起", "↻ 2025年12月31日起"},
	} {
		for lang, want := range map[string]string{"en": c.en, "zh": c.zh, "zh-TW": c.tw} {
			if got := In(lang).Since(c.since, today); got != want {
				t.Errorf("%s in %s: %q, want %q", c.name, lang, got, want)
			}
		}
	}
	if got, want := In("en").Since(today, time.Time{}), "↻ since 21 January 2026"; got != want {
		t.Errorf("since, in a digest without a date: %q, want %q", got, want)
	}
}

// A clock's offset from UTC is formatted in the same way in all languages.
func TestOffsetsAreTold(t *testing.T) {
	for seconds, want := range map[int]string{0: "UTC", 8 * 3600: "UTC+8", 5*3600 + 1800: "UTC+5:30", -3*3600 - 1800: "UTC−3:30", -5 * 3600: "UTC−5", 45 * 60: "UTC+0:45"} {
		if got := offset(time.Date(2026, 1, 21, 8, 30, 0, 0, time.FixedZone("", seconds))); got != want {
			t.Errorf("%d seconds are %q, want %q", seconds, got, want)
		}
	}
	shanghai := time.FixedZone("CST", 8*3600)
	at := time.Date(2026, 1, 21, 0, 30, 0, 0, time.UTC)
	for lang, want := range map[string]string{"en": "21 January 2026, 08:30 UTC+8", "zh": "2026年1月21日 08:30 UTC+8", "zh-TW": "2026年1月21日 08:30 UTC+8"} {
		if got := In(lang).Zoned(at, shanghai); got.Text != want || !got.Time.Equal(at) {
			t.Errorf("%s: %q at %v, want %q", lang, got.Text, got.Time, want)
		}
	}
}

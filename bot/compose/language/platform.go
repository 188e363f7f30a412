package language

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// platformFiles are the translations of the adapters' reasons in each language but English:
// the texts of their errors and tables, and of the state of their connections. A text with
// arguments has a verb of package fmt for each. A platform's own words are in no file.
//
//go:embed platforms/*.json
var platformFiles embed.FS

// platformWords are the translations of those reasons, by language and English text. They
// are read when first needed, which in most runs is never.
var platformWords = sync.OnceValue(func() map[string]map[string]string {
	all := map[string]map[string]string{}
	entries, err := platformFiles.ReadDir("platforms")
	for _, entry := range entries {
		var content []byte
		if content, err = platformFiles.ReadFile("platforms/" + entry.Name()); err != nil {
			break
		}
		phrases := map[string]string{}
		if err = json.Unmarshal(content, &phrases); err != nil {
			break
		}
		all[strings.TrimSuffix(entry.Name(), ".json")] = phrases
	}
	if err != nil {
		panic(fmt.Sprintf("language: platforms: %v", err))
	}
	return all
})

// PlatformPhrases returns the translated reasons of adapters, by their English texts.
func PlatformPhrases(lang string) map[string]string { return maps.Clone(platformWords()[lang]) }

// platformPhrases are the English texts; those with arguments as patterns, the most
// specific first.
var platformPhrases = sync.OnceValues(func() (plain map[string]bool, patterns []platformPattern) {
	plain = map[string]bool{}
	for _, phrases := range platformWords() {
		for phrase := range phrases {
			if plain[phrase] {
				continue
			}
			plain[phrase] = true
			if about.MatchString(phrase) {
				shape := about.ReplaceAllStringFunc(regexp.QuoteMeta(phrase), func(verb string) string {
					switch verb {
					case "%q":
						return `"(.+?)"`
					case "%d":
						return `(\d+)`
					}
					return "(.+?)"
				})
				patterns = append(patterns, platformPattern{phrase, regexp.MustCompile("(?s)^" + shape + "$")})
			}
		}
	}
	slices.SortFunc(patterns, func(a, b platformPattern) int {
		own := func(p platformPattern) int { return len(about.ReplaceAllString(p.phrase, "")) }
		return own(b) - own(a)
	})
	return plain, patterns
})

type platformPattern struct {
	phrase string
	shape  *regexp.Regexp
}

var about = regexp.MustCompile(`%[sqdv]`)

// Limits for parsing, since a platform may say anything: the number of pieces of a reason,
// the length of a text with arguments, and how deep such texts are nested.
const (
	platformReading = 12
	platformLong    = 400
	platformDeep    = 2
)

// platform translates a reason from an adapter, whose texts are separated by colons: first
// the adapter's own text in the language, then, in brackets, the platform's words
// unchanged. rest is the text after a semicolon, which is another reason. ok is false if
// nothing is the adapter's own.
func (w *Words) platform(reason string) (told, rest string, ok bool) {
	var own, others []string
	for pieces := 0; reason != ""; pieces++ {
		says, end := "", 0
		if pieces < platformReading {
			says, end = w.ofAdapter(reason)
		}
		if end > 0 {
			own = append(own, says)
		} else {
			if end = strings.IndexAny(reason, ":;"); end < 0 || pieces >= platformReading {
				end = len(reason)
			}
			for end < len(reason) && !strings.HasPrefix(reason[end+1:], " ") {
				next := strings.IndexAny(reason[end+1:], ":;")
				if next < 0 {
					end = len(reason)
					break
				}
				end += 1 + next
			}
			others = append(others, reason[:end])
		}
		if strings.HasPrefix(reason[end:], "; ") {
			rest = reason[end+2:]
			break
		}
		reason = strings.TrimPrefix(reason[end:], ": ")
	}
	if len(own) == 0 {
		return "", "", false
	}
	told = strings.Join(own, w.Say(": "))
	if len(others) > 0 {
		told = w.Say("%[1]s (%[2]s)", told, strings.Join(others, ": "))
	}
	return told, rest, true
}

// ofAdapter returns the longest adapter text at the beginning of a reason, translated, and
// its end; 0 if there is none.
func (w *Words) ofAdapter(reason string) (says string, end int) {
	for end, pieces := len(reason), 0; end > 0 && pieces < platformReading; pieces++ {
		if says, ok := w.adapterSays(reason[:end], platformDeep); ok {
			return says, end
		}
		end = max(strings.LastIndex(reason[:end], ": "), strings.LastIndex(reason[:end], "; "))
	}
	return "", 0
}

// adapterSays translates a whole text of an adapter; deep limits how deep its arguments are
// translated.
func (w *Words) adapterSays(text string, deep int) (string, bool) {
	of := platformWords()[w.tag.String()]
	tell := func(phrase string, args ...any) string {
		says := of[phrase]
		switch {
		case says == "" && len(args) == 0:
			return phrase
		case says == "":
			says = about.ReplaceAllStringFunc(phrase, func(verb string) string {
				if verb == "%q" {
					return `"%s"`
				}
				return "%s"
			})
		}
		if len(args) == 0 {
			return says
		}
		return fmt.Sprintf(says, args...)
	}
	plain, patterns := platformPhrases()
	if plain[text] {
		return tell(text), true
	}
	if deep == 0 || len(text) > platformLong {
		return "", false
	}
	for _, p := range patterns {
		m := p.shape.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		args := make([]any, len(m)-1)
		for i, x := range m[1:] {
			if says, ok := w.adapterSays(x, deep-1); ok {
				x = says
			}
			args[i] = x
		}
		return tell(p.phrase, args...), true
	}
	return "", false
}

// Package rendertest reads payloads as Discord does, for tests of the adapter and of
// its layout: it extracts the visible texts, and checks Discord's limits.
package rendertest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
)

// Texts returns everything in a payload that a reader sees or can follow.
func Texts(p chat.Payload) []string {
	var m render.Message
	if err := json.Unmarshal(p, &m); err != nil {
		return nil
	}
	var out []string
	add := func(markdown string) {
		shown, addresses := unmark(markdown)
		out = append(append(out, shown), addresses...)
	}
	for _, s := range strings.Split(m.Content, "\n") {
		add(s)
	}
	for _, e := range m.Embeds {
		if e.Image != nil {
			out = append(out, e.Image.URL)
		}
		add(e.Description)
		if e.Footer != nil {
			out = append(out, e.Footer.Text)
		}
	}
	for _, r := range m.Components {
		for _, b := range r.Components {
			out = append(out, b.Label, b.URL, b.Placeholder)
			for _, o := range b.Options {
				out = append(out, o.Label)
			}
		}
	}
	return out
}

var (
	emoji      = regexp.MustCompile(`:[\w+~-]+:`)
	lineStarts = regexp.MustCompile(`(?m)^(-# |##+ |- )`)
	stamped    = regexp.MustCompile(`^<t:(\d+):f>`)
	channelled = regexp.MustCompile(`^<(#\d+)>`)
	angled     = regexp.MustCompile(`^<(https?://[^ >]+)>`)
	maskedLink = regexp.MustCompile(`^\[([^\]]+)\]\(<?([^)>]+)>?\)`)
)

// unmark reads Markdown as Discord does, and returns the visible text and
// the addresses of its links. A link whose label is only the name of the
// site is spelled out in full.
func unmark(s string) (shown string, addresses []string) {
	s = lineStarts.ReplaceAllString(s, "")
	var b strings.Builder
	for s != "" {
		switch {
		case s[0] == '\\' && len(s) > 1 && strings.IndexByte("\\*_~`|<>[]@:#-+.)", s[1]) >= 0:
			b.WriteByte(s[1])
			s = s[2:]
		case s[0] == '`':
			fence := s[:len(s)-len(strings.TrimLeft(s, "`"))]
			end := regexp.MustCompile("(^|[^`])" + fence + "([^`]|$)").FindStringIndex(s[len(fence):])
			if end == nil {
				b.WriteString(fence)
				s = s[len(fence):]
				break
			}
			inner, rest, _ := strings.Cut(s[len(fence)+end[0]:], fence)
			b.WriteString(strings.TrimSpace(s[len(fence):len(fence)+end[0]] + inner))
			s = rest
		case maskedLink.MatchString(s):
			m := maskedLink.FindStringSubmatch(s)
			address, err := url.PathUnescape(m[2])
			if err != nil {
				address = m[2]
			}
			label := strings.Trim(m[1], "`")
			if label == render.Host(m[2]) {
				label = address
			}
			label = emoji.ReplaceAllString(label, "🆗")
			b.WriteString(label)
			addresses = append(addresses, address)
			s = s[len(m[0]):]
		case stamped.MatchString(s):
			m := stamped.FindStringSubmatch(s)
			seconds, _ := strconv.ParseInt(m[1], 10, 64)
			b.WriteString(time.Unix(seconds, 0).UTC().Format(time.RFC3339))
			s = s[len(m[0]):]
		case channelled.MatchString(s):
			m := channelled.FindStringSubmatch(s)
			b.WriteString(m[1])
			s = s[len(m[0]):]
		case angled.MatchString(s):
			m := angled.FindStringSubmatch(s)
			b.WriteString(m[1])
			addresses = append(addresses, m[1])
			s = s[len(m[0]):]
		case s[0] == ':' && emoji.MatchString(s) && emoji.FindStringIndex(s)[0] == 0:
			b.WriteString("🆗")
			s = s[emoji.FindStringIndex(s)[1]:]
		case s[0] == '*' || strings.HasPrefix(s, "~~"):
			s = strings.TrimPrefix(strings.TrimPrefix(s, "~"), string(s[0]))
		default:
			_, n := utf8.DecodeRuneInString(s)
			b.WriteString(s[:n])
			s = s[n:]
		}
	}
	return b.String(), addresses
}

// Roles are the roles that a message may notify.
var Roles = []string{"400000000000000001", "400000000000000002"}

// Check reports which of Discord's limits a payload breaks, or whom it pings.
func Check(p chat.Payload) error {
	var raw map[string]json.RawMessage
	var m render.Message
	if err := json.Unmarshal(p, &raw); err != nil {
		return err
	}
	if err := json.Unmarshal(p, &m); err != nil {
		return err
	}
	if got := string(raw["allowed_mentions"]); !strings.HasPrefix(got, `{"parse":[]`) || slices.ContainsFunc(m.AllowedMentions.Roles, func(r string) bool { return !slices.Contains(Roles, r) }) {
		return fmt.Errorf("allowed_mentions is %s, want no mention but of the roles %v", got, Roles)
	}
	sum, size := 0, len(m.Content)
	var errs []string
	limit := func(what, s string, limit int) {
		if n := utf8.RuneCountInString(s); n > limit {
			errs = append(errs, fmt.Sprintf("%s has %d characters, the limit is %d", what, n, limit))
		}
	}
	limit("content", m.Content, 2000)
	if strings.TrimSpace(m.Content) == "" {
		errs = append(errs, "content is empty: push notifications show nothing")
	}
	if len(m.Embeds) > 10 {
		errs = append(errs, fmt.Sprintf("%d embeds, the limit is 10", len(m.Embeds)))
	}
	for _, e := range m.Embeds {
		limit("description", e.Description, 4096)
		if e.Image != nil {
			limit("image", e.Image.URL, 2048)
		}
		footer := ""
		if e.Footer != nil {
			footer = e.Footer.Text
			limit("footer", footer, 2048)
		}
		if e.Image == nil && e.Description == "" && e.Footer == nil {
			errs = append(errs, "an embed is empty")
		}
		sum += utf8.RuneCountInString(e.Description + footer)
		size += len(e.Description + footer)
	}
	if sum > 6000 {
		errs = append(errs, fmt.Sprintf("embeds have %d characters, the limit is 6000", sum))
	}
	if len(m.Components) > 5 {
		errs = append(errs, fmt.Sprintf("%d rows of buttons, the limit is 5", len(m.Components)))
	}
	seen := map[string]bool{}
	for _, r := range m.Components {
		if len(r.Components) < 1 || len(r.Components) > 5 {
			errs = append(errs, fmt.Sprintf("%d buttons in a row, the limit is 5", len(r.Components)))
		}
		for _, b := range r.Components {
			if b.Type == render.MenuType {
				errs = append(errs, checkMenu(b, len(r.Components))...)
				size += len(b.Placeholder)
				continue
			}
			limit("label", b.Label, 80)
			limit("url", b.URL, 512)
			if b.CustomID != "" {
				limit("custom_id with a key", b.CustomID+strings.Repeat("k", chat.KeyLimit), 100)
			}
			if (b.CustomID == "") == (b.URL == "") || b.Label == "" || b.CustomID != "" && seen[b.CustomID] {
				errs = append(errs, fmt.Sprintf("button %q is empty or twice there", b.CustomID))
			}
			seen[b.CustomID] = true
			size += len(b.Label)
		}
	}
	if size > 8000 {
		errs = append(errs, fmt.Sprintf("%d bytes of text, from 8000 on Discord may answer 500", size))
	}
	if len(p) > 12000 {
		errs = append(errs, fmt.Sprintf("%d bytes, from 12000 on Discord may answer 500", len(p)))
	}
	if len(errs) > 0 {
		return fmt.Errorf("%s", strings.Join(errs, "; "))
	}
	return nil
}

// checkMenu reports which of Discord's limits a menu breaks.
func checkMenu(b render.Component, inRow int) (errs []string) {
	if inRow > 1 || len(b.Options) < 1 || len(b.Options) > 25 || utf8.RuneCountInString(b.Placeholder) > 150 || b.CustomID == "" || utf8.RuneCountInString(b.CustomID)+chat.KeyLimit > 100 {
		errs = append(errs, fmt.Sprintf("a menu has %d choices, the placeholder %q, the custom id %q and %d neighbours", len(b.Options), b.Placeholder, b.CustomID, inRow-1))
	}
	seen := map[string]bool{}
	for _, o := range b.Options {
		if o.Label == "" || o.Value == "" || utf8.RuneCountInString(o.Label) > 100 || utf8.RuneCountInString(o.Value) > 100 || seen[o.Value] {
			errs = append(errs, fmt.Sprintf("a choice is %q with the value %q, or is there twice", o.Label, o.Value))
		}
		seen[o.Value] = true
	}
	return errs
}

// Stories returns n stories in Chinese, of about the length of real ones.
func Stories(n int) (blocks []chat.Block) {
	for i := range n {
		blocks = append(blocks, chat.Story{
			Headline: fmt.Sprintf("第%d条：PostgreSQL 18 引入异步I/O子系统", i+1),
			Summary: chat.Text{
				{Text: fmt.Sprintf("第%d次。", i+1) + strings.Repeat("读取性能最高可提升至三倍，升级后更快恢复预期性能。", 7)},
				{Text: "跳跃扫描", Style: chat.Bold}, {Text: "与"}, {Text: "uuidv7()", Style: chat.Code},
				{Text: "，详见"}, {Text: "发布说明", URL: fmt.Sprintf("https://www.postgresql.org/docs/18/release-%d.html", i)}, {Text: "。"},
			},
			Sources: []chat.Link{{Title: "PostgreSQL 18 Released!", URL: fmt.Sprintf("https://www.postgresql.org/about/news/postgresql-18-released-%d/", i)}},
		})
	}
	return blocks
}

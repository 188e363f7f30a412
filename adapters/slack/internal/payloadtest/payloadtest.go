// Package payloadtest reads Slack's payloads as people do, and checks Slack's
// limits. It is for tests of the adapter and of its layout.
package payloadtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/adaptertest/specimens"

	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// Groups are user groups that may be notified.
var Groups = []string{"S0GROUP001", "S0GROUP002"}

// Object is any JSON object of a payload.
type Object struct {
	Type     string          `json:"type"`
	Text     json.RawMessage `json:"text"`
	URL      string          `json:"url"`
	Value    string          `json:"value"`
	ActionID string          `json:"action_id"`
	Group    string          `json:"usergroup_id"`
	Channel  string          `json:"channel_id"`
	ImageURL string          `json:"image_url"`
	Alt      string          `json:"alt_text"`
	At       int64           `json:"timestamp"`
	Elements []Object        `json:"elements"`
	Options  []Object        `json:"options"`

	Placeholder struct {
		Text json.RawMessage `json:"text"`
	} `json:"placeholder"`
}

// String returns the text of a text object.
func (o Object) String() (s string) {
	_ = json.Unmarshal(o.Text, &s) // the text of a button is an object
	return s
}

func (o Object) object() (t Object) {
	_ = json.Unmarshal(o.Text, &t)
	return t
}

// Notified returns what a notification shows: the fallback text on a phone,
// the words of the first blocks on a desktop
// (https://docs.slack.dev/changelog, 13 July 2026).
func Notified(p chat.Payload) map[string]string {
	text, blocks := Decode(p)
	var desktop []string
	for _, b := range blocks {
		switch b.Type {
		case "header":
			desktop = append(desktop, b.object().String())
		case "context":
			for _, e := range b.Elements {
				desktop = append(desktop, unescape.Replace(link.ReplaceAllString(e.String(), "$2")))
			}
		case "rich_text":
			for _, e := range b.Elements {
				var words strings.Builder
				for _, leaf := range e.Elements {
					words.WriteString(leaf.String())
				}
				desktop = append(desktop, words.String())
			}
		}
	}
	return map[string]string{"a phone": unescape.Replace(subteam.ReplaceAllString(text, "")), "a desktop": strings.Join(desktop, "\n")}
}

// nameOf returns the name of a menu.
func nameOf(o Object) string { return Object{Text: o.Placeholder.Text}.String() }

// Decode returns the fallback text and the blocks; an invalid payload has none.
func Decode(p chat.Payload) (text string, blocks []Object) {
	var body struct {
		Text   string   `json:"text"`
		Blocks []Object `json:"blocks"`
	}
	if err := json.Unmarshal(p, &body); err != nil {
		return "", nil
	}
	return body.Text, body.Blocks
}

var (
	link      = regexp.MustCompile(`<(https?://[^|<>\s]+)\|([^|<>\n]+)>`)
	date      = regexp.MustCompile(`<!date\^(\d+)\^[^|<>^]+(?:\^(https?://[^|<>\s^]+))?\|[^|<>\n]+>`)
	channelOf = regexp.MustCompile(`<(#[A-Z0-9]+)>`) // a channel, which notifies nobody
	subteam   = regexp.MustCompile(`<!subteam\^(\w+)>`)
	unescape  = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// Texts returns what a reader sees of the blocks, and where they lead.
func Texts(p chat.Payload) (out []string) {
	_, blocks := Decode(p)
	for _, b := range blocks {
		switch b.Type {
		case "header":
			out = append(out, b.object().String())
		case "context":
			for _, e := range b.Elements {
				if e.Type == "plain_text" {
					out = append(out, e.String())
					continue
				}
				told := date.ReplaceAllStringFunc(e.String(), func(s string) string {
					at, _ := strconv.ParseInt(date.FindStringSubmatch(s)[1], 10, 64)
					return instant(at)
				})
				out = append(out, unescape.Replace(channelOf.ReplaceAllString(link.ReplaceAllString(told, "$2"), "$1")))
				for _, m := range date.FindAllStringSubmatch(e.String(), -1) {
					out = append(out, unescape.Replace(m[2]))
				}
				for _, m := range link.FindAllStringSubmatch(e.String(), -1) {
					out = append(out, unescape.Replace(m[1]))
				}
			}
		case "actions":
			for _, e := range b.Elements {
				out = append(out, e.object().String(), e.URL, nameOf(e))
				for _, o := range e.Options {
					out = append(out, o.object().String())
				}
			}
		case "image":
			out = append(out, b.Alt, b.ImageURL)
		case "divider", "container": // buttons have the content of a container
		case "rich_text":
			out = append(out, rtexts(b.Elements)...)
		default:
			out = append(out, "no text is read from a "+b.Type)
		}
	}
	return out
}

// instant returns a time in the form that the suite expects.
func instant(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }

// rtexts returns the Texts of rich_text elements: one per section.
func rtexts(elements []Object) (out []string) {
	for _, e := range elements {
		if e.Type == "rich_text_list" {
			out = append(out, rtexts(e.Elements)...)
			continue
		}
		var words strings.Builder
		var links []string
		for _, leaf := range e.Elements {
			words.WriteString(leaf.String())
			switch leaf.Type {
			case "date":
				words.WriteString(instant(leaf.At))
			case "channel":
				words.WriteString("#" + leaf.Channel)
			}
			if leaf.URL != "" {
				links = append(links, leaf.URL)
			}
		}
		out = append(append(out, words.String()), links...)
	}
	return out
}

// Check posts a payload to its own fake, which enforces Slack's limits, and
// looks for anything that could ping.
func Check(p chat.Payload) error {
	var body map[string]any
	if err := json.Unmarshal(p, &body); err != nil {
		return err
	}
	for name, want := range map[string]any{"unfurl_links": false, "unfurl_media": false, "parse": "none", "link_names": false} {
		if body[name] != want {
			return fmt.Errorf("%s is %v, want %v", name, body[name], want)
		}
	}
	body["channel"] = slackfake.General
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req := httptest.NewRequest(http.MethodPost, "/api/chat.postMessage", bytes.NewReader(data))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+slackfake.BotToken)
	answer := httptest.NewRecorder()
	fake := slackfake.New()
	fake.ServeHTTP(answer, req)
	if len(fake.Messages(slackfake.General)) != 1 {
		return fmt.Errorf("the fake answers %s", answer.Body)
	}

	for _, who := range fake.Messages(slackfake.General)[0].Notified {
		if !slices.Contains(Groups, who) {
			return fmt.Errorf("%s is notified", who)
		}
	}
	text, blocks := Decode(p)
	if n := utf8.RuneCountInString(text); n == 0 || n > 3000 || len(text) > 3800 {
		return fmt.Errorf("the fallback text has %d characters and %d bytes", n, len(text))
	}
	if strings.ContainsAny(subteam.ReplaceAllString(text, ""), "<>") {
		return fmt.Errorf("the fallback text is not escaped: %q", text)
	}
	total, ids := 0, map[string]bool{}
	var walk func(objects []Object) error
	walk = func(objects []Object) error {
		for _, o := range objects {
			total += escapedLength(o.object().String()) + utf8.RuneCountInString(o.URL)
			if o.Type == "mrkdwn" { // which is escaped
				total += utf8.RuneCountInString(o.String())
			} else {
				total += escapedLength(o.String())
			}
			if o.Type == "header" {
				total += 100
			}
			if rest := channelOf.ReplaceAllString(date.ReplaceAllString(link.ReplaceAllString(o.String(), ""), ""), ""); o.Type == "mrkdwn" && strings.ContainsAny(rest, "<>") {
				return fmt.Errorf("mrkdwn has more than links in it: %q", rest)
			}
			if slices.Contains([]string{"user", "broadcast"}, o.Type) {
				return fmt.Errorf("a %s mentions somebody", o.Type)
			}
			if o.ActionID != "" && ids[o.ActionID] {
				return fmt.Errorf("two buttons are %s", o.ActionID)
			}
			ids[o.ActionID] = true
			if err := walk(o.Elements); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(blocks); err != nil {
		return err
	}
	if total > 9000 {
		return fmt.Errorf("the blocks have %d characters", total)
	}
	return nil
}

// Kinds returns the types of a payload's blocks.
func Kinds(p chat.Payload) string {
	_, blocks := Decode(p)
	var out []string
	for _, b := range blocks {
		out = append(out, b.Type)
	}
	return strings.Join(out, " ")
}

// SmallPrints returns the raw texts of context blocks.
func SmallPrints(p chat.Payload) (out []string) {
	_, blocks := Decode(p)
	for _, b := range blocks {
		if b.Type == "context" {
			out = append(out, b.Elements[0].String())
		}
	}
	return out
}

// Specimen returns a message of the suite.
func Specimen(t testing.TB, name string) chat.Message {
	for _, s := range specimens.All() {
		if s.Name == name {
			return s.Message
		}
	}
	t.Fatalf("there is no specimen %s", name)
	return chat.Message{}
}

// Stories returns a digest of n stories like those of Morning.
func Stories(t testing.TB, n int) chat.Message {
	m := chat.Message{Title: "科技行业动态"}
	for i := range n {
		for _, b := range Specimen(t, "morning").Blocks {
			if s, ok := b.(chat.Story); ok && len(m.Blocks) <= i {
				s.Headline = fmt.Sprintf("%d %s", i, s.Headline)
				m.Blocks = append(m.Blocks, s)
			}
		}
	}
	return m
}

// escapedLength counts the characters of a text as Slack does.
func escapedLength(s string) int {
	return utf8.RuneCountInString(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s))
}

// Choices returns n choices of a menu.
func Choices(n int) (all []chat.Choice) {
	for i := range n {
		tag := fmt.Sprintf("tag-%03d", i)
		all = append(all, chat.Choice{Label: tag, Value: tag, Line: "/digest tag " + tag})
	}
	return all
}

package adaptertest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/digestbot/digestbot/adapters/adaptertest/specimens"
	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// checkPure renders a message repeatedly, also concurrently.
func checkPure(a chat.Adapter, m chat.Message) error {
	before := fmt.Sprintf("%#v", m)
	first, err := a.Render(m)
	if err != nil {
		return fmt.Errorf("Render failed: %w; a message that cannot be shown properly must be shown as well as possible", err)
	}
	if fmt.Sprintf("%#v", m) != before {
		return errors.New("Render changed the message; several adapters may render one message at the same time")
	}
	var again sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		again.Go(func() {
			payloads, err := a.Render(m)
			switch {
			case err != nil:
				errs[i] = fmt.Errorf("Render failed the second time: %w", err)
			case !slices.EqualFunc(first, payloads, func(x, y chat.Payload) bool { return bytes.Equal(x, y) }):
				errs[i] = errors.New("Render returned different bytes the second time; the ledger freezes payloads and goldens compare them, so Render must be pure: no clock, no map order, no random ids, nothing kept from one call for the next")
			}
		})
	}
	again.Wait()
	return cmp.Or(errs...)
}

// checkRendered checks the payloads of a message in every way that needs no
// platform.
func checkRendered(h Harness, a chat.Adapter, m chat.Message, payloads []chat.Payload) error {
	return errors.Join(
		checkPayloads(h, payloads),
		checkWhole(h, m, payloads),
		checkMentions(h, m, payloads),
		checkNumbers(h, payloads),
		checkDraw(a, m, payloads),
	)
}

// checkWhole reports what is missing from the payloads of a message.
func checkWhole(h Harness, m chat.Message, payloads []chat.Payload) error {
	var pages [][]string
	for _, p := range payloads {
		pages = append(pages, h.Texts(p))
	}
	var errs []error
	if err := lost(m, pages...); err != nil {
		errs = append(errs, fmt.Errorf("words were lost; an adapter may lay out and split a message, but it must not lose words or addresses:\n%w", err))
	}
	var strs, read []string // of the payloads, and of the pages; both bare
	for _, b := range m.Blocks {
		buttons, _ := b.(chat.Buttons)
		if fold, ok := b.(chat.Fold); ok {
			buttons = chat.Buttons{{Label: fold.Title, Line: fold.Line}}
		}
		if menu, ok := b.(chat.Select); ok {
			for _, c := range menu.Choices {
				buttons = append(buttons, chat.Button{Label: c.Label, Line: c.Line})
			}
		}
		for _, button := range buttons {
			if button.Line == "" {
				continue
			}
			if strs == nil {
				strs, read = stringsOf(payloads), bareAll(slices.Concat(pages...))
			}
			if !carried(strs, read, button.Line) {
				errs = append(errs, fmt.Errorf("the button %s lost its line %s; a button that cannot be pressed (the line or the label is over a limit) becomes text with its line", shorten(button.Label), shorten(button.Line)))
			}
		}
	}
	return errors.Join(errs...)
}

// carried reports whether a button's line, with or without the name of the
// command, is in one of the strings of the payloads or in the visible text.
func carried(strs, read []string, line string) bool {
	_, args, _ := strings.Cut(strings.TrimPrefix(line, "/"), " ")
	if args == "" {
		args = line
	}
	args = bare(args)
	if slices.ContainsFunc(strs, func(s string) bool { return strings.Contains(s, args) }) {
		return true
	}
	_, ok := search(args, read, place{})
	return ok
}

func bareAll(texts []string) []string {
	all := make([]string, len(texts))
	for i, t := range texts {
		all[i] = bare(t)
	}
	return all
}

// stringsOf returns all strings in the payloads, bare.
func stringsOf(payloads []chat.Payload) []string {
	all := []string{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			all = append(all, bare(v))
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	for _, p := range payloads {
		var v any
		if json.Unmarshal(p, &v) == nil {
			walk(v)
		}
	}
	return all
}

// scriptLink matches a link in JSON, HTML or Markdown that is neither http nor
// https.
var scriptLink = regexp.MustCompile(`(?i)("[a-z_]*ur[li]"\s*:\s*\\?"|href\s*=\s*\\*["']?|\]\(\s*<?)\s*(javascript|data|vbscript):`)

// checkPayloads checks each payload against the platform's rules.
func checkPayloads(h Harness, payloads []chat.Payload) error {
	var errs []error
	for i, p := range payloads {
		if !json.Valid(p) {
			errs = append(errs, fmt.Errorf("payload %d is not JSON; a payload must be the platform's own JSON, which preview prints and goldens keep", i))
			continue
		}
		if err := h.Check(p); err != nil {
			errs = append(errs, fmt.Errorf("payload %d breaks a rule of its platform: %w", i, err))
		}
		if found := scriptLink.Find(p); found != nil {
			errs = append(errs, fmt.Errorf("payload %d has a link that is not http or https: %s; such an address must be shown as text (use layout.Link)", i, found))
		}
	}
	return errors.Join(errs...)
}

// checkNumbers checks the numbering of the parts.
func checkNumbers(h Harness, payloads []chat.Payload) error {
	for i, p := range payloads {
		number := regexp.MustCompile(fmt.Sprintf(`(?:^|\D)%[1]d ?(?:/|of) ?%[2]d(?:\D|$)|%[1]d\D{1,6}共\D{0,2}%[2]d(?:\D|$)`, i+1, len(payloads)))
		texts := slices.DeleteFunc(h.Texts(p), layout.Link)
		switch there := number.MatchString(strings.Join(texts, "\n")); {
		case there && len(payloads) == 1:
			return errors.New("the only payload is numbered; parts must be numbered only if there are several")
		case !there && len(payloads) > 1:
			return fmt.Errorf("payload %d of %d has no number; a part must have its number, as in 1/2, so that nobody takes it for the whole", i+1, len(payloads))
		}
	}
	return nil
}

// farthestHeadline is the maximum distance of the first headline from the title
// in a notification, in bytes of bare text.
const farthestHeadline = 60

// checkNotified checks the notification of the first payload of a short digest:
// it shows the title and then the first headlines.
func checkNotified(h Harness, m chat.Message, payloads []chat.Payload) error {
	i := slices.IndexFunc(m.Blocks, func(b chat.Block) bool { _, ok := b.(chat.Story); return ok })
	first := bare(m.Blocks[i].(chat.Story).Headline)
	var errs []error
	for client, shown := range h.Notified(payloads[0]) {
		read := bare(shown)
		rest, ok := strings.CutPrefix(read, bare(m.Title))
		at := strings.Index(rest, first)
		if !ok || at < 0 || at > farthestHeadline {
			errs = append(errs, fmt.Errorf("a notification of %s shows %s; it must show the title, and then the first headlines", client, shorten(shown)))
		}
		if found := markup.FindString(shown); found != "" && !strings.Contains(m.Title+first, found) {
			errs = append(errs, fmt.Errorf("a notification of %s has %q: %s; it must not have addresses or markup", client, found, shown))
		}
	}
	return errors.Join(errs...)
}

// markup matches what a notification must not contain unless the digest itself does.
var markup = regexp.MustCompile(`https?://|\*\*|\]\(|&[a-z]+;|\\|<[!@#]`)

// checkHostileNotified does the same for digests whose title and first headline are
// malicious or missing.
func checkHostileNotified(h Harness, a chat.Adapter) error {
	var errs []error
	for _, title := range []string{"", "@everyone 科技", "<!channel> & <@U1>", "**bold** _it_ ~~x~~ `code`", "> quote", "- list", "# head", "1. one", "[a](b)", "👩‍👩‍👧 家庭", "خبر جديد \u202e"} {
		for _, headline := range []string{"@everyone > ~20 <!here>", "@_x *y* [z](y)", "🚀 &amp; up", "خبر 1.26", strings.Repeat("长 ", 150)} {
			m := specimens.InBrief()
			m.Title = title
			if title != "" {
				m.URL = "https://digests.example/"
			}
			first := m.Blocks[1].(chat.Story)
			first.Headline = headline
			m.Blocks[1] = first
			payloads, err := a.Render(m)
			if err == nil {
				err = checkNotified(h, m, payloads)
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("title %q, headline %q: %w", title, shorten(headline), err))
			}
		}
	}
	return errors.Join(errs...)
}

// checkGolden compares the payloads with the golden file, or writes the file.
func checkGolden(folder, name string, payloads []chat.Payload, write bool) error {
	got, err := golden(payloads)
	if err != nil {
		return err
	}
	file := filepath.Join(folder, name+".golden.json")
	if write {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		return os.WriteFile(file, got, 0o666)
	}
	want, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("golden file: %w; run the test with -update and read what it writes", err)
	}
	if bytes.Equal(got, want) {
		return nil
	}
	gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		g, w := "(end of file)", "(end of file)"
		if i < len(gotLines) {
			g = gotLines[i]
		}
		if i < len(wantLines) {
			w = wantLines[i]
		}
		if g != w {
			g, w = differing(g, w)
			return fmt.Errorf("payloads differ from %s:%d\n got %s\nwant %s\nif the new ones are better, run the test with -update and read the difference before you commit it", file, i+1, g, w)
		}
	}
	return nil
}

// differing quotes two lines, starting shortly before they differ.
func differing(a, b string) (string, string) {
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	from := max(same-40, 0)
	return shorten(strings.ToValidUTF8(a[from:], "")), shorten(strings.ToValidUTF8(b[from:], ""))
}

// golden returns the payloads as one indented JSON array. Keys and escapes
// stay as the adapter wrote them.
func golden(payloads []chat.Payload) ([]byte, error) {
	var out bytes.Buffer
	joined := slices.Concat([]byte("["), bytes.Join(raw(payloads), []byte(",")), []byte("]"))
	if err := json.Indent(&out, joined, "", "  "); err != nil {
		return nil, fmt.Errorf("payloads are not JSON: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

func raw(payloads []chat.Payload) [][]byte {
	all := make([][]byte, len(payloads))
	for i, p := range payloads {
		all[i] = p
	}
	return all
}

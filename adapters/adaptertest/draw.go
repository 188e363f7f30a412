package adaptertest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// checkDraw checks the pages that show payloads against the rules of chat.Drawer.
func checkDraw(a chat.Adapter, m chat.Message, payloads []chat.Payload) error {
	drawer, ok := a.(chat.Drawer)
	if !ok {
		return nil
	}
	var pages [][]string
	for i, p := range payloads {
		page, builder, err := drawer.Draw(p)
		if err != nil {
			return fmt.Errorf("Draw of payload %d failed: %w; Draw must draw every payload of Render", i, err)
		}
		if again, _, err := drawer.Draw(p); err != nil || !bytes.Equal(page, again) {
			return fmt.Errorf("Draw of payload %d returned another page the second time (%v)", i, err)
		}
		if builder != "" && (!layout.Link(builder) || !strings.HasPrefix(builder, "https://")) {
			return fmt.Errorf("Draw of payload %d returned the builder %s, which is not an https address", i, shorten(builder))
		}
		texts, err := readPage(page)
		if err != nil {
			return fmt.Errorf("the page of payload %d: %w", i, err)
		}
		pages = append(pages, texts)
	}
	if err := lost(m, pages...); err != nil {
		return fmt.Errorf("words were lost in the drawing; it must show all that the payload says:\n%w", err)
	}
	if _, _, err := drawer.Draw(chat.Payload(`{"`)); err == nil {
		return errors.New("Draw of an invalid payload returned no error")
	}
	return nil
}

var (
	// running are the inline elements.
	running = []string{"a", "abbr", "b", "bdi", "bdo", "br", "code", "del", "em", "i", "img", "mark", "s", "small", "span", "strong", "sub", "sup", "time", "u", "wbr"}
	// active are the elements that fetch or run something, or lead elsewhere.
	active = []string{"applet", "audio", "base", "embed", "form", "frame", "iframe", "link", "object", "portal", "script", "source", "template", "track", "use", "video"}
	// fetched matches the attributes that name something to fetch or run.
	fetched = regexp.MustCompile(`^(on.*|action|background|data|formaction|http-equiv|icon|manifest|ping|poster|srcdoc|srcset)$`)
	// fetching matches the parts of a style sheet that fetch something.
	fetching = regexp.MustCompile(`(?i)url\s*\(|@import|image-set|expression\s*\(`)
	// outermost matches selectors of elements that do not exist in a shadow root.
	outermost = regexp.MustCompile(`(?:^|[\s},])(?:html|body|:root)[\s,{]`)
)

// readPage returns, in order, what a reader of an HTML page sees and where it
// leads, with one text per block. It returns an error if the page contains
// anything forbidden.
func readPage(page []byte) ([]string, error) {
	const doctype = "<!doctype html>"
	if head := page[:min(len(page), len(doctype))]; !strings.EqualFold(string(head), doctype) {
		return nil, fmt.Errorf("it begins with %q; it must be a whole page, which begins with %s", head, doctype)
	}
	d := xml.NewDecoder(bytes.NewReader(page))
	d.Strict, d.Entity = false, xml.HTMLEntity
	r := &pageReader{seen: map[string]bool{}}
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("it is not well formed: %w", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			err = r.start(strings.ToLower(token.Name.Local), token.Attr)
		case xml.EndElement:
			err = r.end(strings.ToLower(token.Name.Local))
		case xml.CharData:
			err = r.words(string(token))
		}
		if err != nil {
			return nil, err
		}
	}
	r.flush()
	for _, name := range []string{"html", "head", "title", "body"} {
		if !r.seen[name] {
			return nil, fmt.Errorf("it has no <%s>; it must be a whole page", name)
		}
	}
	return r.texts, nil
}

// pageReader collects the texts of a page.
type pageReader struct {
	texts     []string
	block     strings.Builder
	addresses []string // of the links and pictures in the block
	seen      map[string]bool
	last      string // the last start tag
	skip      string // the element whose content is skipped
}

func (r *pageReader) flush() {
	r.texts = append(append(r.texts, r.block.String()), r.addresses...)
	r.block.Reset()
	r.addresses = nil
}

func (r *pageReader) start(name string, attrs []xml.Attr) error {
	if slices.Contains(active, name) {
		return fmt.Errorf("it has <%s>; a drawing must fetch only pictures and run nothing", name)
	}
	if !slices.Contains(running, name) {
		r.flush()
	}
	r.last, r.seen[name] = name, true
	if r.skip == "" && name == "head" {
		r.skip = name
	}
	for _, a := range attrs {
		key := strings.ToLower(a.Name.Local)
		switch {
		case fetched.MatchString(key), key == "style" && fetching.MatchString(a.Value):
			return fmt.Errorf("it has <%s %s=%s>; a drawing must fetch only pictures and run nothing", name, key, shorten(a.Value))
		case key == "href":
			if !layout.Link(a.Value) {
				return fmt.Errorf("it has a link to %s, which is neither http nor https", shorten(a.Value))
			}
			r.addresses = append(r.addresses, a.Value)
		case key == "src":
			if name != "img" || !strings.HasPrefix(a.Value, "data:image/") && (!layout.Link(a.Value) || !strings.HasPrefix(a.Value, "https://")) {
				return fmt.Errorf("it has <%s src=%s>; a drawing must fetch only pictures, over https", name, shorten(a.Value))
			}
			r.addresses = append(r.addresses, a.Value)
		case name == "img" && key == "alt":
			r.block.WriteString(a.Value)
		case name == "time" && key == "datetime" && r.skip == "":
			at, err := time.Parse(time.RFC3339, a.Value)
			if err != nil {
				return fmt.Errorf("it has a <time> that no program can read: %w", err)
			}
			r.skip = name
			r.block.WriteString(at.UTC().Format(time.RFC3339))
		}
	}
	return nil
}

func (r *pageReader) end(name string) error {
	if slices.Contains(active, name) {
		return fmt.Errorf("it has </%s>, which may end the element around it", name)
	}
	if name == r.skip {
		r.skip = ""
	}
	if !slices.Contains(running, name) {
		r.flush()
	}
	return nil
}

func (r *pageReader) words(s string) error {
	if r.last == "style" && fetching.MatchString(s) {
		return fmt.Errorf("its style sheet has %s; a drawing must fetch only pictures", fetching.FindString(s))
	}
	if r.last == "style" && outermost.MatchString(s) && !strings.Contains(s, ":host") {
		return fmt.Errorf("its style sheet has rules for %q but not for :host, which replaces it in a shadow root", outermost.FindString(s))
	}
	if r.skip == "" {
		r.block.WriteString(s)
	}
	return nil
}

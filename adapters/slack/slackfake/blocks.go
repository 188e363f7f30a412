package slackfake

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of Block Kit, in characters or items
// (https://docs.slack.dev/reference/block-kit/blocks).
const (
	maxBlocks      = 50
	maxBlockID     = 255
	maxHeader      = 150
	maxText        = 3000
	maxField       = 2000
	maxFields      = 10
	maxContext     = 10
	maxChildren    = 10
	maxActions     = 25
	maxButtonLabel = 75
	maxButtonValue = 2000
	maxURL         = 3000
	maxAlt         = 2000
	maxActionID    = 255
	maxPlaceholder = 150
	maxOptions     = 100
	maxOption      = 75
	maxOptionValue = 150
	maxInputLabel  = 2000
	maxInput       = 3000
	// maxTotal is where msg_blocks_too_long has been seen to begin; it is not
	// documented (https://github.com/slackapi/bolt-js/issues/2509).
	maxTotal = 13_200
)

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// checker walks through blocks and collects problems.
type checker struct {
	problems []string
	total    int  // escaped characters of text
	input    bool // input blocks are allowed, and whether there are any
	inputs   bool
}

// check parses the blocks of a message. It returns them with an id for each, or
// the refusal that Slack would send.
func check(text string) (json.RawMessage, object) {
	var c checker
	kept, refusal := c.blocks(text, maxBlocks)
	if refusal == nil && c.total > maxTotal {
		return nil, refuse("msg_blocks_too_long")
	}
	return kept, refusal
}

func (c *checker) blocks(text string, most int) (json.RawMessage, object) {
	var blocks []object
	if err := json.Unmarshal([]byte(text), &blocks); err != nil {
		return nil, refuse("invalid_blocks_format")
	}
	if len(blocks) > most {
		c.wrong("/blocks", "no more than %d items allowed", most)
	}
	ids := map[string]bool{}
	for i, b := range blocks {
		path := fmt.Sprintf("/blocks/%d", i)
		id, _ := b["block_id"].(string)
		switch {
		case id == "":
			b["block_id"] = fmt.Sprintf("b%d", i)
		case utf8.RuneCountInString(id) > maxBlockID:
			c.wrong(path+"/block_id", "must be less than %d characters", maxBlockID+1)
		case ids[id]:
			c.wrong(path+"/block_id", "block_id must be unique")
		}
		ids[id] = id != ""
		c.block(path, b)
	}
	if len(c.problems) > 0 {
		return nil, refuse("invalid_blocks", c.problems...)
	}
	kept, err := json.Marshal(blocks)
	if err != nil {
		panic(err) // it was JSON
	}
	return kept, nil
}

func (c *checker) wrong(path, format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf("[ERROR] "+format+" [json-pointer:%s]", append(args, path)...))
}

func (c *checker) block(path string, b object) {
	switch b["type"] {
	case "header":
		c.total += 100
		c.text(path+"/text", b["text"], maxHeader, "plain_text")
	case "section":
		if b["text"] == nil && b["fields"] == nil {
			c.wrong(path, "must define either `text` or `fields`")
		}
		if b["text"] != nil {
			c.text(path+"/text", b["text"], maxText, "plain_text", "mrkdwn")
		}
		if b["fields"] != nil {
			for p, field := range c.items(path+"/fields", b["fields"], maxFields) {
				c.text(p, field, maxField, "plain_text", "mrkdwn")
			}
		}
	case "context":
		for p, e := range c.items(path+"/elements", b["elements"], maxContext) {
			if e["type"] != "image" {
				c.text(p, e, maxText, "plain_text", "mrkdwn")
			}
		}
	case "actions":
		ids := map[any]bool{}
		for p, e := range c.items(path+"/elements", b["elements"], maxActions) {
			if id := e["action_id"]; ids[id] {
				c.wrong(p+"/action_id", "action_id must be unique")
			} else if id != nil {
				ids[id] = true
			}
			c.short(p+"/action_id", e["action_id"], maxActionID)
			switch e["type"] {
			case "button":
				c.text(p+"/text", e["text"], maxButtonLabel, "plain_text")
				c.short(p+"/value", e["value"], maxButtonValue)
				c.address(p+"/url", e["url"])
			case "static_select", "external_select":
				c.menu(p, e)
			default:
				c.wrong(p, "unsupported type: %v", e["type"])
			}
		}
	case "input":
		if !c.input {
			c.wrong(path, "unsupported type: %v", b["type"])
			return
		}
		c.inputs = true
		c.text(path+"/label", b["label"], maxInputLabel, "plain_text")
		if b["hint"] != nil {
			c.text(path+"/hint", b["hint"], maxInputLabel, "plain_text")
		}
		e, _ := b["element"].(object)
		c.short(path+"/element/action_id", e["action_id"], maxActionID)
		switch e["type"] {
		case "static_select":
			c.menu(path+"/element", e)
		case "plain_text_input":
			c.short(path+"/element/initial_value", e["initial_value"], maxInput)
		default:
			c.wrong(path+"/element", "unsupported type: %v", e["type"])
		}
	case "rich_text":
		for p, e := range c.items(path+"/elements", b["elements"], 0) {
			c.rich(p, e)
		}
	case "container":
		// https://docs.slack.dev/reference/block-kit/blocks/container-block
		c.text(path+"/title", b["title"], maxHeader, "plain_text")
		if b["default_collapsed"] == true && b["is_collapsible"] != true {
			c.wrong(path+"/default_collapsed", "must be used with is_collapsible")
		}
		for p, child := range c.items(path+"/child_blocks", b["child_blocks"], maxChildren) {
			if child["type"] != "section" {
				c.wrong(p, "unsupported type: %v", child["type"])
				continue
			}
			c.block(p, child)
		}
	case "divider":
	case "image":
		c.address(path+"/image_url", b["image_url"])
		if alt, _ := b["alt_text"].(string); alt == "" {
			c.wrong(path, "missing required field: alt_text")
		}
		c.short(path+"/alt_text", b["alt_text"], maxAlt)
	default:
		c.wrong(path, "unsupported type: %v", b["type"])
	}
}

// menu checks a menu.
func (c *checker) menu(path string, e object) {
	if e["placeholder"] != nil {
		c.text(path+"/placeholder", e["placeholder"], maxPlaceholder, "plain_text")
	}
	if e["type"] == "external_select" {
		if e["options"] != nil {
			c.wrong(path+"/options", "unsupported field")
		}
		return
	}
	found := e["initial_option"] == nil
	for p, o := range c.items(path+"/options", e["options"], maxOptions) {
		c.option(p, o)
		found = found || fmt.Sprint(o) == fmt.Sprint(e["initial_option"])
	}
	if !found {
		c.wrong(path+"/initial_option", "must be one of the options")
	}
}

func (c *checker) option(path string, o object) {
	c.text(path+"/text", o["text"], maxOption, "plain_text")
	if s, _ := o["value"].(string); s == "" {
		c.wrong(path+"/value", "must be more than 0 characters")
	}
	c.short(path+"/value", o["value"], maxOptionValue)
}

// rich checks an element of a rich_text block, and its parts.
func (c *checker) rich(path string, e object) {
	switch e["type"] {
	case "rich_text_section", "rich_text_quote", "rich_text_preformatted":
		for p, leaf := range c.items(path+"/elements", e["elements"], 0) {
			c.leaf(p, leaf)
		}
	case "rich_text_list":
		if style := e["style"]; style != "bullet" && style != "ordered" {
			c.wrong(path+"/style", "unsupported style: %v", style)
		}
		for p, item := range c.items(path+"/elements", e["elements"], 0) {
			if item["type"] != "rich_text_section" {
				c.wrong(p, "unsupported type: %v", item["type"])
			}
			c.rich(p, item)
		}
	default:
		c.wrong(path, "unsupported type: %v", e["type"])
	}
}

func (c *checker) leaf(path string, e object) {
	text, _ := e["text"].(string)
	c.total += utf8.RuneCountInString(escape.Replace(text))
	switch e["type"] {
	case "text":
		if text == "" {
			c.wrong(path+"/text", "must be more than 0 characters")
		}
	case "link":
		if e["url"] == nil {
			c.wrong(path, "missing required field: url")
		}
		c.address(path+"/url", e["url"])
	case "emoji":
		if name, _ := e["name"].(string); name == "" {
			c.wrong(path+"/name", "must be more than 0 characters")
		}
	case "usergroup":
		if id, _ := e["usergroup_id"].(string); !groupID.MatchString(id) {
			c.wrong(path+"/usergroup_id", "must be a valid usergroup id")
		}
	case "date":
		if _, ok := e["timestamp"].(float64); !ok {
			c.wrong(path, "missing required field: timestamp")
		}
		if format, _ := e["format"].(string); !strings.Contains(format, "{") {
			c.wrong(path+"/format", "must have a token")
		}
		words, _ := e["fallback"].(string)
		c.total += utf8.RuneCountInString(escape.Replace(words))
		c.address(path+"/url", e["url"])
	case "user", "channel", "broadcast", "color":
	default:
		c.wrong(path, "unsupported type: %v", e["type"])
	}
}

// items yields the elements of a list, each with its path. If the list is
// empty or has more than most elements, it records a problem and yields
// nothing.
func (c *checker) items(path string, list any, most int) func(func(string, object) bool) {
	items, _ := list.([]any)
	if len(items) == 0 {
		c.wrong(path, "no less than 1 items allowed")
	}
	if most > 0 && len(items) > most {
		c.wrong(path, "no more than %d items allowed", most)
	}
	return func(yield func(string, object) bool) {
		for i, item := range items {
			o, _ := item.(object)
			if !yield(fmt.Sprintf("%s/%d", path, i), o) {
				return
			}
		}
	}
}

// text checks a text object.
func (c *checker) text(path string, v any, most int, kinds ...string) {
	o, _ := v.(object)
	kind, _ := o["type"].(string)
	if !slices.Contains(kinds, kind) {
		c.wrong(path, "must be a valid text object of type %s", strings.Join(kinds, " or "))
		return
	}
	s, _ := o["text"].(string)
	if kind == "plain_text" {
		c.total += utf8.RuneCountInString(escape.Replace(s))
	} else {
		c.total += utf8.RuneCountInString(s)
	}
	switch n := utf8.RuneCountInString(s); {
	case n == 0:
		c.wrong(path+"/text", "must be more than 0 characters")
	case n > most:
		c.wrong(path+"/text", "must be less than %d characters", most+1)
	}
}

func (c *checker) short(path string, v any, most int) {
	if s, _ := v.(string); utf8.RuneCountInString(s) > most {
		c.wrong(path, "must be less than %d characters", most+1)
	}
}

func (c *checker) address(path string, v any) {
	if v == nil {
		return
	}
	s, _ := v.(string)
	c.short(path, s, maxURL)
	if u, err := url.Parse(s); err != nil || !slices.Contains([]string{"http", "https", "mailto", "slack"}, u.Scheme) {
		c.wrong(path, "must be a valid url")
	}
}

var (
	groupID = regexp.MustCompile(`^S[A-Z0-9]+$`)
	// called matches mentions in mrkdwn, and named the names that link_names
	// and parse=full look for
	// (https://docs.slack.dev/messaging/formatting-message-text).
	called = regexp.MustCompile(`<(?:!subteam\^([A-Z0-9]+)|@([A-Z0-9]+)|!(here|channel|everyone))[|>^]`)
	named  = regexp.MustCompile(`@(here|channel|everyone)\b`)
)

// notifies returns everyone whom a message mentions, without duplicates.
func (m Message) notifies() (all []string) {
	add := func(who string) {
		if who != "" && !slices.Contains(all, who) {
			all = append(all, who)
		}
	}
	in := func(text string) {
		for _, match := range called.FindAllStringSubmatch(text, -1) {
			add(match[1] + match[2] + match[3])
		}
	}
	in(m.Text)
	if m.names {
		for _, match := range named.FindAllStringSubmatch(m.Text, -1) {
			add(match[1])
		}
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case object:
			text, _ := v["text"].(string)
			switch v["type"] {
			case "mrkdwn":
				in(text)
			case "user", "usergroup", "broadcast":
				for _, name := range []string{"user_id", "usergroup_id", "range"} {
					who, _ := v[name].(string)
					add(who)
				}
			}
			for _, name := range slices.Sorted(maps.Keys(v)) {
				walk(v[name])
			}
		}
	}
	var blocks any
	if json.Unmarshal(m.Blocks, &blocks) == nil {
		walk(blocks)
	}
	return all
}

package discordfake

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// body is a message as posted by a bot, with the fields that a Fake uses.
type body struct {
	Content         string          `json:"content"`
	Embeds          []embed         `json:"embeds"`
	Components      []component     `json:"components"`
	AllowedMentions json.RawMessage `json:"allowed_mentions"`
	Flags           int             `json:"flags"`
	Nonce           string          `json:"nonce"`
	EnforceNonce    bool            `json:"enforce_nonce"`
}

type embed struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	URL         string `json:"url"`
	Color       int    `json:"color"`
	Fields      []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"fields"`
	Image struct {
		URL string `json:"url"`
	} `json:"image"`
	Footer struct {
		Text string `json:"text"`
	} `json:"footer"`
	Author struct {
		Name string `json:"name"`
	} `json:"author"`
}

type component struct {
	Type       int         `json:"type"`
	Style      int         `json:"style"`
	Label      string      `json:"label"`
	CustomID   string      `json:"custom_id"`
	URL        string      `json:"url"`
	Disabled   bool        `json:"disabled"`
	Components []component `json:"components"`

	// Fields of a menu.
	Placeholder string `json:"placeholder"`
	Options     []struct {
		Label string `json:"label"`
		Value string `json:"value"`
	} `json:"options"`
}

// problems is the tree of errors in an answer with code 50035.
type problems map[string]any

func (p problems) add(path, code, format string, args ...any) {
	node := p
	for _, name := range strings.Split(path, ".") {
		next, ok := node[name].(problems)
		if !ok {
			next = problems{}
			node[name] = next
		}
		node = next
	}
	list, _ := node["_errors"].([]map[string]string)
	node["_errors"] = append(list, map[string]string{"code": code, "message": fmt.Sprintf(format, args...)})
}

// max adds a problem when s has more code points than limit.
// https://docs.discord.com/developers/resources/message#embed-object-embed-limits
func (p problems) max(path, s string, limit int) int {
	n := utf8.RuneCountInString(strings.TrimSpace(s))
	if n > limit {
		p.add(path, "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", limit)
	}
	return n
}

func (p problems) link(path, s string, limit int) {
	if s == "" {
		return
	}
	p.max(path, s, limit)
	if u, err := url.Parse(s); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		p.add(path, "URL_TYPE_INVALID_SCHEME", "Scheme \"%.20s\" is not supported.", s)
	}
}

// textWall is the size in bytes of embeds at which Discord answers 500
// (https://github.com/discord/discord-api-docs/issues/7628).
const textWall = 12000

// mentions finds contradictory allowed mentions.
func (p problems) mentions(raw json.RawMessage) {
	var allowed struct {
		Parse, Roles, Users []string
	}
	_ = json.Unmarshal(raw, &allowed)
	for kind, ids := range map[string][]string{"roles": allowed.Roles, "users": allowed.Users} {
		if len(ids) > 100 {
			p.add("allowed_mentions."+kind, "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
		}
		if len(ids) > 0 && slices.Contains(allowed.Parse, kind) {
			p.add("allowed_mentions."+kind, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", "parse:[\"%s\"] and %s: [ids...] are mutually exclusive.", kind, kind)
		}
	}
}

// check reports what Discord rejects about a message: it is empty, it exceeds
// documented limits (problems), or it makes Discord's server fail.
func (b body) check() (p problems, empty, wall bool) {
	p = problems{}
	p.max("content", b.Content, 2000)
	p.max("nonce", b.Nonce, 25)
	if len(b.Embeds) > 10 {
		p.add("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
	}
	sum, size := 0, len(b.Content)
	text := func(path, s string, limit int) {
		sum += p.max(path, s, limit)
		size += len(s)
	}
	for i, e := range b.Embeds {
		at := fmt.Sprintf("embeds.%d.", i)
		text(at+"title", e.Title, 256)
		text(at+"description", e.Description, 4096)
		text(at+"footer.text", e.Footer.Text, 2048)
		text(at+"author.name", e.Author.Name, 256)
		p.link(at+"url", e.URL, 2048)
		p.link(at+"image.url", e.Image.URL, 2048)
		if e.Color < 0 || e.Color > 0xffffff {
			p.add(at+"color", "NUMBER_TYPE_MAX", "int value should be less than or equal to 16777215.")
		}
		if len(e.Fields) > 25 {
			p.add(at+"fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
		}
		for j, f := range e.Fields {
			field := fmt.Sprintf("%sfields.%d.", at, j)
			text(field+"name", f.Name, 256)
			text(field+"value", f.Value, 1024)
			if strings.TrimSpace(f.Name) == "" || strings.TrimSpace(f.Value) == "" {
				p.add(field+"name", "BASE_TYPE_REQUIRED", "This field is required")
			}
		}
	}
	if sum > 6000 {
		p.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
	}
	p.components(b.Components)
	p.mentions(b.AllowedMentions)
	empty = strings.TrimSpace(b.Content) == "" && len(b.Embeds) == 0 && len(b.Components) == 0
	for i, e := range b.Embeds {
		if e.Title == "" && strings.TrimSpace(e.Description) == "" && e.Footer.Text == "" && e.Image.URL == "" && len(e.Fields) == 0 && e.Author.Name == "" {
			p.add(fmt.Sprintf("embeds.%d.description", i), "BASE_TYPE_REQUIRED", "This field is required")
		}
	}
	return p, empty, size > textWall
}

// components checks action rows.
// https://docs.discord.com/developers/components/reference#button
func (p problems) components(rows []component) {
	if len(rows) > 5 {
		p.add("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
	}
	ids := map[string]bool{}
	for i, row := range rows {
		at := fmt.Sprintf("components.%d", i)
		if row.Type != 1 {
			p.add(at+".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1,).")
		}
		if n := len(row.Components); n == 0 || n > 5 {
			p.add(at+".components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
		}
		for j, c := range row.Components {
			at := fmt.Sprintf("%s.components.%d.", at, j)
			p.max(at+"label", c.Label, 80)
			p.max(at+"custom_id", c.CustomID, 100)
			if c.Type == 3 {
				p.menu(at, c, len(row.Components))
			}
			switch {
			case c.Type == 3 && c.CustomID != "" && !ids[c.CustomID]:
			case c.Type == 3 && c.CustomID == "":
				p.add(at+"custom_id", "BASE_TYPE_REQUIRED", "This field is required")
			case c.Type == 3:
				p.add(at+"custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
			case c.Type != 2 || c.Style < 1 || c.Style > 5:
				p.add(at+"type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (2,).")
			case strings.TrimSpace(c.Label) == "":
				p.add(at+"label", "BUTTON_COMPONENT_LABEL_REQUIRED", "A label or an emoji is required")
			case c.Style == 5 && (c.URL == "" || c.CustomID != ""):
				p.add(at+"url", "BASE_TYPE_REQUIRED", "This field is required")
			case c.Style == 5:
				p.link(at+"url", c.URL, 512)
			case c.CustomID == "":
				p.add(at+"custom_id", "BASE_TYPE_REQUIRED", "This field is required")
			case ids[c.CustomID]:
				p.add(at+"custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
			}
			ids[c.CustomID] = c.CustomID != ""
		}
	}
}

// menu checks a menu, which must be alone in its row.
// https://docs.discord.com/developers/components/reference#string-select
func (p problems) menu(at string, c component, inRow int) {
	if inRow > 1 {
		p.add(at+"type", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width")
	}
	if n := len(c.Options); n < 1 || n > 25 {
		p.add(at+"options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length.")
	}
	p.max(at+"placeholder", c.Placeholder, 150)
	values := map[string]bool{}
	for i, o := range c.Options {
		at := fmt.Sprintf("%soptions.%d.", at, i)
		if p.max(at+"label", o.Label, 100) == 0 || p.max(at+"value", o.Value, 100) == 0 {
			p.add(at+"value", "BASE_TYPE_REQUIRED", "This field is required")
		}
		if values[o.Value] {
			p.add(at+"value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used")
		}
		values[o.Value] = true
	}
}

// command is an application command, or an option of one.
type command struct {
	ID           string            `json:"id,omitempty"`
	AppID        string            `json:"application_id,omitempty"`
	Version      string            `json:"version,omitempty"`
	Type         int               `json:"type"`
	Name         string            `json:"name"`
	Names        map[string]string `json:"name_localizations"`
	Description  string            `json:"description"`
	Descriptions map[string]string `json:"description_localizations"`
	Required     bool              `json:"required,omitempty"`
	Autocomplete bool              `json:"autocomplete,omitempty"`
	Choices      json.RawMessage   `json:"choices,omitempty"`
	Options      []command         `json:"options,omitempty"`
	Contexts     json.RawMessage   `json:"contexts,omitempty"`
}

// plain returns a command without localizations.
func (c command) plain() command {
	c.Names, c.Descriptions, c.Options = nil, nil, slices.Clone(c.Options)
	for i := range c.Options {
		c.Options[i] = c.Options[i].plain()
	}
	return c
}

var commandName = regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)

// locales are all of Discord's locales.
// https://docs.discord.com/developers/reference#locales
var locales = strings.Fields("ar bg cs da de el en-GB en-US es-419 es-ES fi fr he hi hr hu id it ja ko lt nl no pl pt-BR ro ru sv-SE th tr uk vi zh-CN zh-TW")

// checkMenu checks a command in the context menu of messages, which has only a
// name, in any form.
// https://docs.discord.com/developers/interactions/application-commands#message-commands
func (c command) checkMenu(p problems, at string) {
	for where, name := range c.Names {
		if n := p.max(at+".name_localizations."+where, name, 32); n == 0 || !slices.Contains(locales, where) {
			p.add(at+".name_localizations."+where, "BASE_TYPE_REQUIRED", "This field is required")
		}
	}
	if p.max(at+".name", c.Name, 32) == 0 {
		p.add(at+".name", "BASE_TYPE_REQUIRED", "This field is required")
	}
	if c.Description != "" || len(c.Descriptions) > 0 || len(c.Options) > 0 {
		p.add(at+".description", "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_NOT_ALLOWED", "Context menu commands cannot have a description or options")
	}
}

// typeMessageCommand is the type of a command in the context menu of messages.
const typeMessageCommand = 3

// check checks a command and its options, and returns its number of
// characters: of each text, those of the longest language.
// https://docs.discord.com/developers/interactions/application-commands
func (c command) check(p problems, at string) int {
	longestName, longest := utf8.RuneCountInString(c.Name), utf8.RuneCountInString(c.Description)
	name := func(at, s string) {
		if !commandName.MatchString(s) || s != strings.ToLower(s) {
			p.add(at, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
		}
		longestName = max(longestName, utf8.RuneCountInString(s))
	}
	description := func(at, s string) {
		n := p.max(at, s, 100)
		if n == 0 {
			p.add(at, "BASE_TYPE_REQUIRED", "This field is required")
		}
		longest = max(longest, n)
	}
	name(at+".name", c.Name)
	description(at+".description", c.Description)
	for kind, words := range map[string]map[string]string{"name_localizations": c.Names, "description_localizations": c.Descriptions} {
		for l, s := range words {
			at := at + "." + kind + "." + l
			if !slices.Contains(locales, l) {
				p.add(at, "ENUM_TYPE_COERCE", "Value \"%s\" is not a valid enum value.", l)
			}
			if kind == "name_localizations" {
				name(at, s)
			} else {
				description(at, s)
			}
		}
	}
	if len(c.Options) > 25 {
		p.add(at+".options", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
	}
	sum := longestName + longest
	names, optional := map[string]bool{}, false
	for i, o := range c.Options {
		at := fmt.Sprintf("%s.options.%d", at, i)
		taken := names[" "+o.Name]
		names[" "+o.Name] = true
		for l, s := range o.Names {
			taken = taken || names[l+" "+s]
			names[l+" "+s] = true
		}
		if taken {
			p.add(at+".name", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option with that name already exists")
		}
		if o.Required && optional {
			p.add(at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must be placed before non-required options")
		}
		optional = optional || o.Type > 2 && !o.Required
		sum += o.check(p, at)
	}
	return sum
}

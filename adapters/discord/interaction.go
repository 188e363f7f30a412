package discord

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/bwmarrin/discordgo"
	"github.com/valyala/fastjson"

	"github.com/digestbot/digestbot/bot/chat"
)

// interaction is what somebody did, with what the bot reads of it. It is not
// discordgo's, which fails as a whole over a component that it does not know.
type interaction struct {
	ID, AppID, Token           string
	Type                       discordgo.InteractionType
	GuildID, ChannelID, Locale string
	// Who acted. Permissions and Roles are what that person has in the channel of a
	// server, as Discord resolved it.
	Who         actor
	Permissions string
	Roles       []string
	// Flags are those of the message that a pressed button or a menu stands under.
	Flags discordgo.MessageFlags
	Data  struct {
		Name     string
		Options  []option
		CustomID string
		Values   []string
	}
}

// actor is who acts, and what others see as the name.
type actor struct{ ID, Name string }

// option is a verb with options of its own, or the value of an argument.
type option struct {
	Name    string
	Type    discordgo.ApplicationCommandOptionType
	Value   string // empty if it is no text
	Focused bool
	Options []option
}

// parsers are for interactions, each for one at a time. Most of an interaction
// tells nothing that the bot asks for, and is not made into anything.
var parsers fastjson.ParserPool

// readInteraction reads an interaction.
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object
func readInteraction(data []byte) (*interaction, error) {
	p := parsers.Get()
	defer parsers.Put(p)
	v, err := p.ParseBytes(data)
	if err != nil {
		return nil, err
	}
	if v.Type() != fastjson.TypeObject {
		return nil, fmt.Errorf("it is a JSON %s", v.Type())
	}
	i := &interaction{
		ID: stringOf(v.Get("id")), AppID: stringOf(v.Get("application_id")), Token: stringOf(v.Get("token")), Type: discordgo.InteractionType(v.GetInt("type")),
		GuildID: stringOf(v.Get("guild_id")), ChannelID: stringOf(v.Get("channel_id")), Locale: stringOf(v.Get("locale")),
	}
	if m := v.Get("member"); m != nil && m.Type() == fastjson.TypeObject {
		i.Who = readActor(m.Get("user"), m.Get("nick"))
		i.Permissions, i.Roles = stringOf(m.Get("permissions")), stringsOf(m.GetArray("roles"))
	} else {
		i.Who = readActor(v.Get("user"), nil)
	}
	d := v.Get("data")
	switch {
	case d == nil:
	case i.Type == discordgo.InteractionMessageComponent:
		i.Data.CustomID, i.Data.Values = stringOf(d.Get("custom_id")), stringsOf(d.GetArray("values"))
		i.Flags = discordgo.MessageFlags(v.GetInt("message", "flags"))
	default:
		i.Data.Name, i.Data.Options = stringOf(d.Get("name")), readOptions(d.GetArray("options"))
	}
	return i, nil
}

func readActor(user, nick *fastjson.Value) actor {
	if user == nil {
		return actor{}
	}
	name := stringOf(nick)
	for _, key := range []string{"global_name", "username"} {
		if name == "" {
			name = stringOf(user.Get(key))
		}
	}
	return actor{stringOf(user.Get("id")), name}
}

func readOptions(all []*fastjson.Value) []option {
	if len(all) == 0 {
		return nil
	}
	options := make([]option, 0, len(all))
	for _, v := range all {
		options = append(options, option{
			Name: stringOf(v.Get("name")), Type: discordgo.ApplicationCommandOptionType(v.GetInt("type")),
			Value: stringOf(v.Get("value")), Focused: v.GetBool("focused"), Options: readOptions(v.GetArray("options")),
		})
	}
	return options
}

// stringOf is a text of its own, which does not keep the interaction; empty for what
// is none.
func stringOf(v *fastjson.Value) string {
	if v == nil || v.Type() != fastjson.TypeString {
		return ""
	}
	text := v.GetStringBytes()
	if utf8.Valid(text) {
		return string(text)
	}
	return string(bytes.ToValidUTF8(text, []byte("\uFFFD")))
}

func stringsOf(all []*fastjson.Value) []string {
	out := make([]string, 0, len(all))
	for _, v := range all {
		out = append(out, stringOf(v))
	}
	return out
}

// question is an interaction as the bot understands it.
type question struct {
	chat.Request
	// private says that nobody but the one who asks reads the answer, and turns
	// that it takes the place of the message in which a button was pressed.
	private, turns bool
}

// question reads an interaction. What a button or a menu says is a line like any
// other, whoever made it up.
func (l *listener) question(i *interaction) question {
	q := question{Request: chat.Request{
		ID: i.ID, Channel: chat.Channel{Adapter: l.name, ID: i.ChannelID}, Home: i.GuildID, User: l.user(i), Locale: i.Locale,
	}, private: true}
	switch {
	case i.Type != discordgo.InteractionMessageComponent:
		q.Line = typed(l.root, i.Data.Name, i.Data.Options)
	case len(i.Data.Values) > 0:
		q.Line = i.Data.Values[0]
	default:
		_, q.Line, _ = strings.Cut(i.Data.CustomID, keyEnd)
	}
	call, err := l.root.Parse(q.Line)
	switch {
	case err != nil: // what is wrong with it concerns nobody else
	case i.Type == discordgo.InteractionMessageComponent:
		// What somebody asks by a button is for that person, unless the button
		// says that everybody shall read it: the others pressed nothing.
		q.private = call.Args[chat.Share.Name] == ""
		q.turns = call.Turns() && i.Flags&discordgo.MessageFlagsEphemeral != 0
	default:
		q.private = call.Private()
	}
	return q
}

// admin are the permissions that make somebody an admin of the bot.
const admin = discordgo.PermissionAdministrator | discordgo.PermissionManageGuild

// user is who acted. What a person may do in a server stands in the interaction;
// elsewhere only the configuration makes somebody an admin.
func (a *Adapter) user(i *interaction) chat.User {
	bits, err := strconv.ParseUint(i.Permissions, 10, 64)
	manages := err == nil && bits&admin != 0 || slices.ContainsFunc(i.Roles, func(id string) bool { return slices.Contains(a.adminRoles, id) })
	return chat.User{ID: i.Who.ID, Name: i.Who.Name, Admin: manages && i.GuildID != "" || slices.Contains(a.adminUsers, i.Who.ID)}
}

// typed writes an application command as the line that means the same. The
// argument that is being typed ends the line.
func typed(root chat.Command, name string, options []option) string {
	words, c := append(make([]string, 0, 8), name), &root
	for len(options) == 1 && options[0].Type <= discordgo.ApplicationCommandOptionSubCommandGroup {
		sub := c.Sub(options[0].Name)
		if sub == nil {
			break
		}
		c = sub
		words, options = append(words, c.Name), options[0].Options
	}
	given := func(a chat.Arg) (value string, focused, ok bool) {
		for _, o := range options {
			if strings.EqualFold(o.Name, a.Name) {
				return o.Value, o.Focused, true
			}
		}
		return "", false, false
	}
	// Arguments stand in the order of the command, not in the user's; one that
	// was left out before another is empty.
	left := 0
	for _, a := range c.Args {
		value, focused, ok := given(a)
		switch {
		case a.Named:
		case !ok:
			left++
		default:
			for ; left > 0; left-- {
				words = append(words, "")
			}
			if focused && value == "" {
				return chat.Line(words...) + " "
			}
			words = append(words, value)
			if focused {
				return chat.Line(words...)
			}
		}
	}
	line, last := chat.Line(words...), ""
	for _, a := range c.Args {
		switch value, focused, ok := given(a); {
		case !a.Named || !ok:
		case focused && value == "":
			last = " " + a.Name + "="
		case focused:
			last = chat.With("", a, value)
		default:
			line = chat.With(line, a, value)
		}
	}
	return line + last
}

// made is when something with that id came to be.
func made(id uint64) time.Time { return time.UnixMilli(int64(id>>22) + epoch) }

// memory holds the ids of the latest interactions: a resumed session may
// deliver one again, and so may whoever has overheard a signed request. An id is
// kept for at least memorySpan, which is longer than a signature is good for, unless
// memorySize newer ones come.
type memory struct {
	mu       sync.Mutex
	now, old map[uint64]struct{}
	turn     time.Time // when old was begun
}

const (
	memorySpan = 2*signatureAge + time.Minute
	memorySize = 50_000
)

// add reports whether the id is new.
func (m *memory) add(id uint64, at time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.now == nil || at.Sub(m.turn) >= memorySpan || len(m.now) >= memorySize {
		if at.Sub(m.turn) >= 2*memorySpan {
			m.now = nil
		}
		m.old, m.now, m.turn = m.now, map[uint64]struct{}{}, at
	}
	known := len(m.now)
	m.now[id] = struct{}{}
	if len(m.now) == known {
		return false
	}
	_, old := m.old[id]
	return !old
}

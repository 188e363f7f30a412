package discord

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// command is an application command, or an option of one, with the fields
// that the bot sets. Localizations are by Discord's locales.
type command struct {
	Type         int               `json:"type"`
	Name         string            `json:"name"`
	Names        map[string]string `json:"name_localizations,omitempty"`
	Description  string            `json:"description"`
	Descriptions map[string]string `json:"description_localizations,omitempty"`
	Required     bool              `json:"required,omitempty"`
	Autocomplete bool              `json:"autocomplete,omitempty"`
	Options      []command         `json:"options,omitempty"`
}

// Budgets of commands: characters of a description and of a whole command, options
// of a command or a verb, and commands of the menu of messages.
// https://docs.discord.com/developers/interactions/application-commands
const (
	summaryLimit = 100
	commandSize  = 8000
	optionsLimit = 25
	onPostsLimit = 15
)

// validName reports whether a name is made as names are, in every language; letters are lower
// case.
// https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-naming
func validName(s string) bool {
	n := 0
	for _, r := range s {
		if r != '-' && r != '_' && r != '\'' && !unicode.In(r, unicode.Letter, unicode.Number, unicode.Devanagari, unicode.Thai) {
			return false
		}
		n++
	}
	return 1 <= n && n <= 32
}

// locales are Discord's, by the language tags that mean them.
// https://docs.discord.com/developers/reference#locales
var locales = map[string][]string{
	"zh-Hans": {"zh-CN"}, "zh-Hant": {"zh-TW"}, "zh": {"zh-CN"}, "en": {"en-US", "en-GB"}, "es": {"es-ES", "es-419"}, "pt": {"pt-BR"}, "sv": {"sv-SE"},
	"ar": {"ar"}, "bg": {"bg"}, "cs": {"cs"}, "da": {"da"}, "de": {"de"}, "el": {"el"}, "en-GB": {"en-GB"}, "en-US": {"en-US"},
	"es-419": {"es-419"}, "es-ES": {"es-ES"}, "fi": {"fi"}, "fr": {"fr"}, "he": {"he"}, "hi": {"hi"}, "hr": {"hr"}, "hu": {"hu"}, "id": {"id"},
	"it": {"it"}, "ja": {"ja"}, "ko": {"ko"}, "lt": {"lt"}, "nl": {"nl"}, "no": {"no"}, "pl": {"pl"}, "pt-BR": {"pt-BR"}, "ro": {"ro"},
	"ru": {"ru"}, "sv-SE": {"sv-SE"}, "th": {"th"}, "tr": {"tr"}, "uk": {"uk"}, "vi": {"vi"}, "zh-CN": {"zh-CN"}, "zh-TW": {"zh-TW"},
}

// translator makes Discord's commands of ours.
type translator struct {
	summaries int // the most characters of a description
	skipped   []string
}

// skip notes for the log what Discord does not take.
func (t *translator) skip(format string, args ...any) {
	t.skipped = append(t.skipped, fmt.Sprintf(format, args...))
}

// slashCommand is a chat.Command as Discord has it, and what of it Discord does not
// take. A command may have so many characters in all: with more, descriptions
// are cut.
func slashCommand(root chat.Command) (command, []string) {
	for limit := summaryLimit; ; limit -= 10 {
		t := translator{summaries: limit}
		c := t.command(root, int(discordgo.ChatApplicationCommand))
		if c.characters() <= commandSize || limit <= 10 {
			return c, t.skipped
		}
	}
}

// messageCommands are the commands of the menu of a message, for those verbs that are
// given there, as many as Discord takes. They have no description.
// https://docs.discord.com/developers/interactions/application-commands#message-commands
func messageCommands(root chat.Command) (all []command, lost []string) {
	var t translator
	for _, verb := range root.Pointing() {
		c := command{Type: int(discordgo.MessageApplicationCommand), Name: verb.OnPost, Names: map[string]string{}}
		for _, tag := range languageTags(verb.OnPosts) {
			for _, l := range locales[tag] {
				c.Names[l] = verb.OnPosts[tag]
			}
		}
		if len(all) == onPostsLimit {
			t.skip("%s is left out of the menu of messages, which has %d commands", c.Name, onPostsLimit)
			continue
		}
		all = append(all, c)
	}
	return all, t.skipped
}

// registration are all commands that are registered, that of the line first, and what
// of them Discord does not take.
func registration(root chat.Command) (want []command, lost []string) {
	slash, lost := slashCommand(root)
	menu, left := messageCommands(root)
	return append([]command{slash}, menu...), append(lost, left...)
}

// characters are those that count, of each text the longest language.
// https://docs.discord.com/developers/interactions/application-commands#slash-commands
func (c command) characters() int {
	longest := func(s string, others map[string]string) int {
		n := utf8.RuneCountInString(s)
		for _, o := range others {
			n = max(n, utf8.RuneCountInString(o))
		}
		return n
	}
	n := longest(c.Name, c.Names) + longest(c.Description, c.Descriptions)
	for _, o := range c.Options {
		n += o.characters()
	}
	return n
}

// command is a command or a verb: a verb is a subcommand, a verb with verbs of
// its own a group of them, and an argument a string. Anything hidden stays so.
func (t *translator) command(c chat.Command, kind int) command {
	out := t.named(kind, c.Name, c.Summary, c.Names, c.Summaries)
	for _, sub := range c.Subs {
		if sub.Hidden {
			continue
		}
		kind := discordgo.ApplicationCommandOptionSubCommand
		if len(sub.Subs) > 0 {
			kind = discordgo.ApplicationCommandOptionSubCommandGroup
		}
		out.Options = append(out.Options, t.command(sub, int(kind)))
	}
	for _, arg := range c.Args {
		if arg.Hidden {
			continue
		}
		o := t.named(int(discordgo.ApplicationCommandOptionString), arg.Name, arg.Summary, arg.Names, arg.Summaries)
		o.Required, o.Autocomplete = arg.Required, arg.Suggest
		out.Options = append(out.Options, o)
	}
	// Anything required has to stand first, whatever its place in a line is.
	slices.SortStableFunc(out.Options, func(a, b command) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		default:
			return 1
		}
	})
	if n := len(out.Options); n > optionsLimit {
		for _, o := range out.Options[optionsLimit:] {
			t.skip("%s has %d options, and Discord takes %d: %s is left out", out.Name, n, optionsLimit, o.Name)
		}
		out.Options = out.Options[:optionsLimit]
	}
	dropDuplicateNames(t, out.Options)
	return out
}

// named is a command or an option with its names and descriptions.
func (t *translator) named(kind int, name, summary string, names, summaries map[string]string) command {
	out := command{Type: kind, Name: strings.ToLower(name), Description: t.summary(summary, name), Names: map[string]string{}, Descriptions: map[string]string{}}
	for _, tag := range languageTags(names) {
		local := strings.ToLower(names[tag])
		switch {
		case !validName(local):
			t.skip("%s is called %q in %s, which cannot be a name on Discord: letters and numbers without spaces, 32 at the most", out.Name, names[tag], tag)
		case locales[tag] == nil:
			t.skip("%s has a name in %s, which Discord does not know", out.Name, tag)
		default:
			for _, l := range locales[tag] {
				out.Names[l] = local
			}
		}
	}
	for _, tag := range languageTags(summaries) {
		for _, l := range locales[tag] {
			out.Descriptions[l] = t.summary(summaries[tag], name)
		}
	}
	return out
}

// languageTags are the languages of some words, those for a region last: they go
// before the language as a whole.
func languageTags(words map[string]string) []string {
	tags := make([]string, 0, len(words))
	for tag := range words {
		tags = append(tags, tag)
	}
	slices.SortFunc(tags, func(a, b string) int {
		return cmp.Or(len(locales[b])-len(locales[a]), len(a)-len(b), strings.Compare(a, b))
	})
	return tags
}

// dropDuplicateNames takes away local names that another option has, which Discord
// refuses.
func dropDuplicateNames(t *translator, options []command) {
	taken := map[string]bool{}
	for _, o := range options {
		for _, l := range languageTags(o.Names) {
			if key := l + " " + o.Names[l]; taken[key] {
				t.skip("%s is called %s in %s, as another one is", o.Name, o.Names[l], l)
				delete(o.Names, l)
			} else {
				taken[key] = true
			}
		}
	}
}

// summary is a description, which must be there and short.
func (t *translator) summary(s, name string) string {
	return cmp.Or(render.Label(s, t.summaries), name)
}

// commandsEndpoint is where the commands of a server are; those of all servers if it
// is empty.
func commandsEndpoint(app, guild string) string {
	if guild == "" {
		return discordgo.EndpointApplicationGlobalCommands(app)
	}
	return discordgo.EndpointApplicationGuildCommands(app, guild)
}

// samePlace reports whether two commands have the same place: a name and a type.
func (c command) samePlace(other command) bool { return c.Name == other.Name && c.Type == other.Type }

// register makes the commands known, in one request and only if Discord knows
// another one: commands that are created anew count to a daily limit. A command
// that is new where it should be may stand somewhere else, from before the
// configuration was changed; there it goes first, so that nothing stands twice
// and an end in the middle is made good by the next start.
func (l *listener) register(ctx context.Context, app string) error {
	want, lost := registration(l.root)
	slash := want[0]
	for _, s := range lost {
		l.log.Warn("discord: a command is not told as it is", "adapter", l.name, "problem", s)
	}
	var have []command
	if err := l.rest.Call(ctx, http.MethodGet, commandsEndpoint(app, l.guild)+"?with_localizations=true", nil, &have); err != nil {
		return fmt.Errorf("commands: %w", err)
	}
	if equalCommands(have, want) {
		return nil
	}
	if !slices.ContainsFunc(have, func(c command) bool { return c.samePlace(slash) }) {
		if err := l.unregister(ctx, app, want); err != nil {
			return fmt.Errorf("commands elsewhere: %w", err)
		}
	}
	if err := l.rest.Call(ctx, http.MethodPut, commandsEndpoint(app, l.guild), want, nil); err != nil {
		return fmt.Errorf("commands: %w", err)
	}
	return nil
}

// unregister removes our commands from everywhere but the place that is
// configured.
func (l *listener) unregister(ctx context.Context, app string, ours []command) error {
	places, err := l.servers(ctx)
	if err != nil {
		return err
	}
	for _, guild := range append(places, "") {
		if guild == l.guild {
			continue
		}
		var have []struct {
			ID string `json:"id"`
			command
		}
		err := l.rest.Call(ctx, http.MethodGet, commandsEndpoint(app, guild), nil, &have)
		if refusal, ok := errors.AsType[*wire.APIError](err); ok && (refusal.Status == http.StatusForbidden || refusal.Status == http.StatusNotFound) {
			continue // a server in which the bot never had commands
		}
		if err != nil {
			return err
		}
		for _, c := range have {
			if !slices.ContainsFunc(ours, c.samePlace) {
				continue
			}
			if err := l.rest.Call(ctx, http.MethodDelete, commandsEndpoint(app, guild)+"/"+c.ID, nil, nil); err != nil {
				return err
			}
			l.log.Info("discord: a command is removed where it is not wanted any more", "adapter", l.name, "server", cmp.Or(guild, "all"))
		}
	}
	return nil
}

// servers are those that the bot is in.
// https://docs.discord.com/developers/resources/user#get-current-user-guilds
func (l *listener) servers(ctx context.Context) (ids []string, err error) {
	const limit = 200
	for after := "0"; ; after = ids[len(ids)-1] {
		var page []struct {
			ID string `json:"id"`
		}
		if err := l.rest.Call(ctx, http.MethodGet, discordgo.EndpointUserGuilds("@me")+fmt.Sprintf("?limit=%d&after=%s", limit, after), nil, &page); err != nil {
			return nil, err
		}
		for _, g := range page {
			ids = append(ids, g.ID)
		}
		if len(page) < limit {
			return ids, nil
		}
	}
}

// equalCommands compares what Discord would read, in any order.
func equalCommands(a, b []command) bool {
	sorted := func(all []command) []command {
		return slices.SortedFunc(slices.Values(all), func(a, b command) int { return cmp.Or(a.Type-b.Type, strings.Compare(a.Name, b.Name)) })
	}
	a, b = sorted(a), sorted(b)
	left, err := layout.JSON(a)
	right, err2 := layout.JSON(b)
	return err == nil && err2 == nil && bytes.Equal(left, right)
}

// Command cmd serves a fake Discord on this machine, to watch the bot talk:
//
//	go run ./adapters/discord/discordfake/cmd
//
// It prints what config.toml needs and then a line for everything that the bot
// does. Lines that are typed in are commands of a reader. Before a line,
// "admin: " makes an admin say or do it, "direct: " says it in a direct message
// and "type: " asks for suggestions for its end. "press: LABEL" presses a button and
// "choose: LABEL" a line of a menu, of the last answer if it has that, else of the
// newest message; "again" delivers the last interaction once more. "endpoint:
// URL" has interactions posted there, as the bot wants it that has listen =
// "http", and "endpoint:" goes back to the gateway. "drop" cuts the gateway.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	token := flag.String("token", "fake-token", "token that the bot must have")
	guild := flag.String("guild", "100000000000000001", "server of the channel")
	channel := flag.String("channel", "200000000000000001", "channel that the bot may post to")
	kind := flag.Int("type", discordfake.Text, "type of the channel: 0 text, 5 announcements, 15 forum")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *addr, *token, discordfake.Channel{ID: *channel, Guild: *guild, Type: *kind})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "discordfake:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr, token string, channel discordfake.Channel) error {
	fake := discordfake.New(token)
	fake.Watch = func(line string) { fmt.Println(line) }
	fake.AddChannel(channel)
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("address %s: %w", addr, err)
	}
	server := &http.Server{Handler: fake, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	fmt.Printf("api_url = \"http://%s/api/v10\"\npublic_key = \"%s\"\nDISCORD_TOKEN=%s\nchannel discord:%s\n\n", listener.Addr(), fake.PublicKey(), token, channel.ID)
	go func() {
		c := &conversation{fake: fake, channel: channel.ID}
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			if err := c.obey(ctx, lines.Text()); err != nil {
				fmt.Println("error ", err)
			}
		}
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// conversation is what was said so far.
type conversation struct {
	fake    *discordfake.Fake
	channel string
	last    *discordfake.Interaction
}

var (
	reader = discordfake.Person{ID: "300000000000000001", Name: "reader", Locale: "zh-CN"}
	admin  = discordfake.Person{ID: "300000000000000002", Name: "admin", Locale: "en-US", Permissions: discordfake.Admin}
)

// obey does what a typed line says and prints the answer.
func (c *conversation) obey(ctx context.Context, line string) error {
	who := reader
	if as, ok := strings.CutPrefix(line, "admin:"); ok {
		who, line = admin, strings.TrimLeft(as, " ")
	}
	verb, rest, _ := strings.Cut(line, ":")
	rest = strings.TrimSpace(rest)
	var asked *discordfake.Interaction
	var err error
	switch {
	case strings.TrimSpace(line) == "":
		return nil
	case line == "drop":
		c.fake.Drop()
		return nil
	case line == "again":
		if c.last == nil {
			return errors.New("nothing was said yet")
		}
		return c.fake.Redeliver(c.last)
	case verb == "endpoint":
		return c.fake.SetEndpoint(rest)
	case verb == "direct":
		asked, err = c.fake.Say(who, c.fake.Direct(who.ID), rest)
	case verb == "type":
		asked, err = c.fake.Type(who, c.channel, strings.TrimLeft(line[len("type:"):], " "))
	case verb == "press":
		asked, err = touch(c.last.Press, c.fake.Press, c.last, who, c.channel, rest)
	case verb == "choose":
		asked, err = touch(c.last.Choose, c.fake.Choose, c.last, who, c.channel, rest)
	default:
		asked, err = c.fake.Say(who, c.channel, line)
	}
	if err != nil {
		return err
	}
	c.last = asked
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	answer, err := asked.Wait(ctx, 0)
	if err != nil {
		return err
	}
	for _, reply := range answer.Replies {
		fmt.Printf("  %s\n", reply)
	}
	return nil
}

// touch presses or chooses what the last answer has, else what the newest
// message has.
func touch(under func(discordfake.Person, string) (*discordfake.Interaction, error), in func(discordfake.Person, string, string) (*discordfake.Interaction, error),
	last *discordfake.Interaction, who discordfake.Person, channel, label string,
) (*discordfake.Interaction, error) {
	if last != nil {
		if i, err := under(who, label); err == nil {
			return i, nil
		}
	}
	return in(who, channel, label)
}

// Command cmd serves a fake Discord on this machine, to watch the bot talk:
//
//	go run ./adapters/discord/discordfake/cmd
//
// It prints the api_url for config.toml and then a line for everything that
// the bot does. Lines that are typed in are commands of a reader; "admin: " in
// front makes it an admin's, "press: LABEL" presses a button, "type: LINE"
// asks for suggestions, and "drop" cuts the gateway.
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
	fmt.Printf("api_url = \"http://%s/api/v10\"\nDISCORD_TOKEN=%s\nchannel discord:%s\n\n", listener.Addr(), token, channel.ID)
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			if err := obey(ctx, fake, channel.ID, lines.Text()); err != nil {
				fmt.Println("error ", err)
			}
		}
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// obey does what a typed line says and prints the answer.
func obey(ctx context.Context, fake *discordfake.Fake, channel, line string) error {
	reader := discordfake.Person{ID: "300000000000000001", Name: "reader", Locale: "zh-CN"}
	verb, rest, _ := strings.Cut(line, ":")
	rest = strings.TrimLeft(rest, " ")
	var asked *discordfake.Interaction
	var err error
	switch {
	case strings.TrimSpace(line) == "":
		return nil
	case line == "drop":
		fake.Drop()
		return nil
	case verb == "admin":
		asked, err = fake.Say(discordfake.Person{ID: "300000000000000002", Name: "admin", Locale: "en-US", Permissions: discordfake.Admin}, channel, rest)
	case verb == "press":
		asked, err = fake.Press(reader, channel, rest)
	case verb == "type":
		asked, err = fake.Type(reader, channel, rest)
	default:
		asked, err = fake.Say(reader, channel, line)
	}
	if err != nil {
		return err
	}
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

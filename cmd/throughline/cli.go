package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/gateway"
)

// cli is one call of the command line: in this process, or on behalf of another
// one that asked through the admin socket.
type cli struct {
	in        io.Reader
	out, errs io.Writer
	dir       string            // relative paths start here
	env       map[string]string // of the process
	tty       bool              // stderr is a terminal
	args      []string          // as given
	app       *App              // of the running server; nil = open it
	opts      options
}

// options are the flags that every verb has.
type options struct {
	config []string
	data   string
	store  string
	redis  string
	json   bool
	test   bool   // in the world of test traffic
	listen string // serve and demo only
	admin  string
	mllp   string
}

// processCLI is the command line of this process.
func processCLI() *cli {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return &cli{in: os.Stdin, out: os.Stdout, errs: os.Stderr, dir: dir, env: config.Environ(), tty: isTerminal(os.Stderr)}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// execute runs one command line and gives its exit code.
func (c *cli) execute(ctx context.Context, args []string) int {
	c.args = args
	root := c.root()
	root.SetArgs(args)
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitFine
	}
	if isUnparsed(err) {
		err = usage(err.Error(), "see "+root.Name()+" --help")
	}
	explain(c.errs, err)
	return exitCode(err)
}

// isUnparsed says that cobra could not make sense of the arguments; it has no
// type of its own for that.
func isUnparsed(err error) bool {
	var f *failure
	if errors.As(err, &f) {
		return false
	}
	for _, start := range []string{"unknown command", "required flag(s)", "if any flags in the group", "at least one of the flags in the group"} {
		if strings.HasPrefix(err.Error(), start) {
			return true
		}
	}
	return false
}

// root is the tree of all verbs.
func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "throughline",
		Short:         "Integration gateway for children's behavioral-health care",
		Long:          "Throughline keeps a child's plan, team, referrals and authorizations the same in every\nsystem that holds them, and proves every night that what was authorized is what was\ndelivered. Without --config the built-in demonstration applies: synthetic data only.",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(err.Error(), "see "+cmd.CommandPath()+" --help")
	})
	f := root.PersistentFlags()
	f.StringSliceVar(&c.opts.config, "config", nil, "configuration file; a later one writes over an earlier one (default: the built-in demonstration)")
	f.StringVar(&c.opts.data, "data", "", "data directory")
	f.StringVar(&c.opts.store, "store", "", "store: a SQLite file or postgres://...")
	f.StringVar(&c.opts.redis, "redis", "", "redis://... for deduplication and hints")
	f.BoolVar(&c.opts.json, "json", false, "print JSON")
	root.AddCommand(
		c.serveVerb(), c.demoVerb(), c.doctorVerb(), c.versionVerb(),
		noun("config", "Check and show the configuration", c.configCheckVerb(), c.configPrintVerb()),
		noun("migrate", "Bring the database to the newest schema", c.migrateUpVerb(), c.migrateStatusVerb()),
		c.testable(noun("partner", "See partners and renew their tokens", c.partnerListVerb(), c.partnerRotateVerb(), c.partnerTestVerb())),
		c.testable(noun("message", "Find, follow and replay messages and deliveries", c.messageListVerb(), c.messageShowVerb(), c.messageReplayVerb(),
			c.messageHoldVerb(), c.messageDiscardVerb(), c.messageDeliveriesVerb(), c.messageRedeliverVerb(), c.messageSkipVerb())),
		c.testable(noun("lane", "See what waits for each partner and child, and why", c.laneListVerb(), c.laneShowVerb())),
		c.testable(noun("replay", "Follow, pause, resume and abort replays", c.replayListVerb(), c.replayShowVerb(),
			c.replayMoveVerb("pause", "Stop a replay for a while", gateway.JobPaused), c.replayMoveVerb("resume", "Let a paused replay go on", gateway.JobRunning),
			c.replayMoveVerb("abort", "End a replay where it is", gateway.JobAborted))),
		c.testable(c.peopleVerbs()),
		c.testable(c.sendVerb()), c.mapVerb(), c.validateVerb(), c.importVerb(), c.templateVerb(),
		c.testable(noun("auth", "Ask about authorizations; decide on requests as their payer", c.authCheckVerb(), c.authQueueVerb(), c.authShowVerb(), c.authDecideVerb())),
		c.testable(noun("appeal", "See, file and decide appeals and fair hearings", c.appealListVerb(), c.appealShowVerb(), c.appealFileVerb(), c.appealDecideVerb())),
		c.testable(c.worklistVerb()),
		c.testable(noun("report", "Build reports", c.reportBuildVerb(), c.reportRollUpVerb(), c.reportUtilizationVerb(), c.reportComplianceVerb())),
		c.testable(c.reconcileVerb()),
		c.testable(noun("referral", "See referrals, ask receivers, and let those without a system answer", c.referralListVerb(), c.referralAskVerb(), c.referralLinkVerb())),
		c.testable(noun("conflict", "Decide what a partner and we changed in the same elements", c.conflictListVerb(), c.conflictShowVerb(), c.conflictResolveVerb())),
		c.testable(noun("compliance", "Judge records by the rules of the programs", c.complianceRunVerb())),
		c.testable(noun("fund", "See flexible funds", c.fundShowVerb())),
		c.testable(noun("finding", "See and waive what is not in order", c.findingListVerb(), c.findingShowVerb(), c.findingWaiveVerb())),
		noun("retention", "Delete what has been kept long enough", c.retentionRunVerb(), c.retentionListVerb()),
		noun("hold", "Keep records from being purged", c.holdAddVerb(), c.holdListVerb(), c.holdReleaseVerb()),
		noun("schedule", "See when jobs run, and run one now", c.scheduleListVerb(), c.scheduleShowVerb(), c.scheduleRunVerb()),
		c.testable(noun("audit", "Search the audit trail", c.auditSearchVerb())),
		noun("token", "Tokens of the demonstration", c.tokenMintVerb()),
	)
	return root
}

// noun groups verbs; alone it is not enough.
func noun(name, short string, verbs ...*cobra.Command) *cobra.Command {
	n := &cobra.Command{Use: name, Short: short, Args: cobra.ArbitraryArgs}
	var names []string
	for _, v := range verbs {
		names = append(names, v.Name())
	}
	n.RunE = func(_ *cobra.Command, args []string) error {
		found := "no verb"
		if len(args) > 0 {
			found = "unknown verb " + args[0]
		}
		return usage("throughline "+name+": "+found, "use one of: "+strings.Join(names, ", "))
	}
	n.AddCommand(verbs...)
	return n
}

// args wants between least and most arguments; most < 0 = any number.
func args(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, got []string) error {
		if len(got) < least || most >= 0 && len(got) > most {
			return usage(cmd.CommandPath()+" wants "+what, "see "+cmd.CommandPath()+" --help")
		}
		return nil
	}
}

// load reads the configuration: the files of --config, else the demonstration.
func (c *cli) load() (*config.Config, config.Problems) {
	flags := map[string]string{}
	for path, value := range map[string]string{"store.data_dir": c.opts.data, "store.url": c.opts.store, "redis.url": c.opts.redis,
		"server.listen": c.opts.listen, "server.hl7v2.listen": c.opts.mllp, "server.admin_listen": c.opts.admin} {
		if value != "" {
			flags[path] = value
		}
	}
	if len(c.opts.config) == 0 {
		return config.Demo(c.env, flags)
	}
	return config.Load(config.Input{Paths: c.opts.config, Env: c.env, Flags: flags})
}

// loaded is the configuration without its warnings.
func (c *cli) loaded() (*config.Config, error) {
	cfg, problems := c.load()
	return cfg, problems.Err()
}

// inForce is the configuration of the server that holds the data, else the one
// that is named. No configuration means that the server has answered, with a code.
func (c *cli) inForce(ctx context.Context) (*config.Config, int, error) {
	if c.app != nil {
		return c.app.Config, exitFine, nil
	}
	cfg, err := c.loaded()
	if err != nil {
		return nil, exitUsage, err
	}
	if dialect, target := cfg.Store.Target(); dialect == config.SQLite {
		if code, asked, err := c.askServer(ctx, filepath.Dir(target)); asked {
			return nil, code, err
		}
	}
	return cfg, exitFine, nil
}

// path makes a path of the command line one of this process.
func (c *cli) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.dir, name)
}

// withData runs a verb on data that is there.
func (c *cli) withData(ctx context.Context, verb func(context.Context, *App) error) error {
	return c.withApp(ctx, false, verb)
}

// withApp runs a verb where the data is: in the server that holds it, else here.
// With create the data may be new.
func (c *cli) withApp(ctx context.Context, create bool, verb func(context.Context, *App) error) error {
	if c.app != nil {
		return verb(ctx, c.app.world(c.opts.test))
	}
	cfg, err := c.loaded()
	if err != nil {
		return err
	}
	if dialect, target := cfg.Store.Target(); dialect == config.SQLite {
		if code, asked, err := c.askServer(ctx, filepath.Dir(target)); asked {
			return errors.Join(err, silent(code))
		}
		if !create && !exists(target) {
			return &failure{code: exitFault, text: "there is no data in " + filepath.Dir(target), todo: "name the data directory with --data, or start with `throughline demo` or `throughline import`"}
		}
	}
	app, err := Open(ctx, cfg, c.logger(cfg, slog.LevelWarn))
	if err != nil {
		return err
	}
	return errors.Join(c.inWorld(ctx, app, verb), app.Close())
}

// inWorld runs a verb in the world that --test chooses.
func (c *cli) inWorld(ctx context.Context, app *App, verb func(context.Context, *App) error) error {
	if !c.opts.test {
		return verb(ctx, app)
	}
	tests, err := app.openTests(ctx)
	if err != nil {
		return err
	}
	return verb(ctx, tests)
}

// testable gives a verb, and those below it, the flag --test.
func (c *cli) testable(v *cobra.Command) *cobra.Command {
	v.PersistentFlags().BoolVar(&c.opts.test, "test", false, "in the store of test traffic instead of live data")
	return v
}

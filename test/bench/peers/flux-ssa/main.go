// Command flux-ssa applies a file of manifests as Flux's kustomize-controller does, by its own library, and prints
// what that took as JSON: {"millis", "requests", "peakBytes", "cpuMillis",
// "actions"}.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/utils"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

type counted struct {
	next     http.RoundTripper
	requests *atomic.Int64
}

func (c counted) RoundTrip(request *http.Request) (*http.Response, error) {
	c.requests.Add(1)
	return c.next.RoundTrip(request)
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig")
	file := flag.String("file", "", "manifests")
	qps := flag.Float64("qps", 50, "requests a second, as kustomize-controller has them; -1 for no limit")
	burst := flag.Int("burst", 300, "requests at once, likewise")
	workers := flag.Int("workers", 1, "objects at once within a stage")
	flag.Parse()

	if err := run(*kubeconfig, *file, float32(*qps), *burst, *workers); err != nil {
		log.Fatal(err)
	}
}

func run(kubeconfig, file string, qps float32, burst, workers int) error {
	started := time.Now()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = qps, burst
	var requests atomic.Int64
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return counted{next, &requests} })
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	mapper, err := apiutil.NewDynamicRESTMapper(config, httpClient)
	if err != nil {
		return err
	}
	kube, err := client.New(config, client.Options{HTTPClient: httpClient, Mapper: mapper})
	if err != nil {
		return err
	}
	manifests, err := os.Open(file)
	if err != nil {
		return err
	}
	defer manifests.Close()
	objects, err := utils.ReadObjects(manifests)
	if err != nil {
		return err
	}
	manager := ssa.NewResourceManager(kube, nil, ssa.Owner{Field: "flux-ssa", Group: "bench.sluice.dev"})
	manager.SetConcurrency(workers)
	manager.SetOwnerLabels(objects, "bench", "default")
	changes, err := manager.ApplyAllStaged(context.Background(), objects, ssa.DefaultApplyOptions())
	if err != nil {
		return err
	}
	actions := map[string]int{}
	for _, entry := range changes.Entries {
		actions[string(entry.Action)]++
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"millis":    time.Since(started).Milliseconds(),
		"requests":  requests.Load(),
		"peakBytes": usage.Maxrss * 1024,
		"cpuMillis": (usage.Utime.Nano() + usage.Stime.Nano()) / int64(time.Millisecond),
		"actions":   actions,
	})
}

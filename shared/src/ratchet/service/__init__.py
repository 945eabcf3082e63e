"""The service host: settings, connections, health endpoints, start and stop."""

from ratchet.service.connections import create_broker, create_redis
from ratchet.service.endings import StartRefused
from ratchet.service.host import create_host, program, run
from ratchet.service.hosts import LOOPBACK, Hosts, is_loopback, known_hosts
from ratchet.service.redis_fitness import Finding, RedisFacts, fitness, read_facts
from ratchet.service.service import Service

import { socket } from "lib/socket";
import { openCamera, openMicrophone, openScreen } from "lib/space-devices";
import { SpaceHall } from "lib/space-hall";
import { LAYERS, SpacePeers } from "lib/space-peers";
import { SpaceSizes } from "lib/space-sizes";
import { SpaceSound } from "lib/space-sound";

/** What a page is that has a place on the stage. */
const STAGE = ["host", "cohost", "speaker"];
const AGAIN_MS = 1000;
/** Whoever can't be reached by Janus for about this long hears the composed stream. */
const FAR_AFTER_MS = 4000;
/** Refusals after which there is nothing to come back to. */
const OVER = ["not_there", "removed", "not_live", "followers_only", "subscribers_only", "tickets_only", "not_logged_in"];

let current = null;
export const spaces = new EventTarget();

/** The Space this page is in, whatever page it shows; null for none. */
export function currentSpace() {
  return current;
}

/** Come into a Space; who was in another one leaves it. */
export function joinSpace(facts) {
  current?.leave();
  current = new Space(facts);
  current.enter();
  spaces.dispatchEvent(new Event("change"));
  return current;
}

/**
 * One Space as this page is in it: `room` (the stage), `media` (who is heard and seen), `me`, `hands`,
 * `videos` (streams by person). One that `isFar` has no seat: its page plays the composed stream. Says "change" when any of it is another one, "reaction" with what rises, and "over" with
 * the refusal that ended it.
 */
class Space extends EventTarget {
  room;
  media = { videos: [], muted: [], talking: [], active: null, connected: [], inside: 0 };
  me;
  hands = { hands: [] };
  videos = new Map();
  state = "joining";
  isMuted = true;
  hasVideo = false;
  hasScreen = false;
  isFar = false;
  sizes = new SpaceSizes((large) => this.#seat && this.#ask("prefer", { large }));
  #hall = null;
  #seat = null;
  #peers = new SpacePeers({
    ask: (what, facts) => this.#ask(what, facts),
    start: (peer) => this.#start(peer),
    onTrack: (...found) => this.#onTrack(...found),
    onLost: (kind, pause) => this.#mayTryAgain(kind, pause),
  });
  #leaving = [];
  #leaveCrew = null;
  #leaveSeat = null;
  #timer = 0;
  #voice = null;
  #camera = null;
  #sound;

  constructor({ id, title, room, me, user }) {
    super();
    Object.assign(this, { id, title, room, user, me: { ...me, user } });
    this.#sound = new SpaceSound(id);
  }

  get isOnStage() {
    return STAGE.includes(this.me.role);
  }

  get isLeader() {
    return this.me.role === "host" || this.me.role === "cohost";
  }

  get ownVideo() {
    return this.#camera && new MediaStream([this.#camera]);
  }

  get hasVoice() {
    return this.#voice !== null;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  // Coming in and staying

  async enter() {
    clearTimeout(this.#timer);
    try {
      const answer = await socket.send("space.enter", { space: this.id });
      if (current !== this) {
        return;
      }
      this.#seat = answer.seat;
      this.#peers.iceServers = answer.ice_servers;
      this.#takeMe(answer.me);
      if (answer.me.is_silenced) {
        this.#showMuted();
      }
      this.#takeRoom(answer.room);
      this.#follow();
      this.#stay(answer.here_every_s * 1000);
      this.#connect();
    } catch (error) {
      if (error.code === "full" && current === this) {
        this.#attend();
      } else {
        this.#onRefusal(error, () => this.enter());
      }
    }
  }

  /** Hear the composed stream, as one of very many. */
  #attend() {
    this.#leaveSeats();
    this.#peers.closeAll();
    this.isFar = true;
    this.#hall = new SpaceHall(this.id, {
      onEntered: ({ me, room }) => {
        this.#takeMe(me);
        this.#takeRoom(room);
        this.#follow();
        this.state = "inside";
        this.#changed();
      },
      onRefused: (error) => OVER.includes(error.code) && (this.#end(error), true),
    });
    this.#hall.attend();
  }

  /** Whoever gets a place on the stage gets a seat, and keeps it. */
  #comeNear() {
    this.isFar = false;
    this.#hall.leave();
    this.enter();
  }

  #leaveSeats() {
    clearTimeout(this.#timer);
    if (this.#seat) {
      socket.send("space.leave", { seat: this.#seat }).catch(() => {});
    }
    this.#leaveSeat?.();
    this.#seat = this.#leaveSeat = null;
  }

  #follow() {
    this.#leaveSeat?.();
    this.#leaveSeat = this.#seat && socket.subscribe(`space.seat.${this.#seat}`, (event) => this.#onSeat(event));
    if (this.#leaving.length === 0) {
      this.#leaving.push(socket.subscribe(`space.room.${this.id}`, (event) => this.#onRoom(event)));
      if (this.user) {
        const mine = `space.mine.${this.id.replaceAll("-", "")}-${this.user}`;
        this.#leaving.push(socket.subscribe(mine, (event) => this.#onMine(event)));
      }
    }
    this.#followCrew();
  }

  #followCrew() {
    if (this.isLeader && !this.#leaveCrew) {
      this.#leaveCrew = socket.subscribe(`space.crew.${this.id}`, (event) => {
        this.hands = event;
        this.#changed();
      });
    } else if (!this.isLeader && this.#leaveCrew) {
      this.#leaveCrew();
      this.#leaveCrew = null;
    }
  }

  #stay(everyMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      try {
        await socket.send("space.here", { seat: this.#seat });
        if (current !== this) {
          return;
        }
        this.#stay(everyMs);
        if (this.state === "again") {
          this.state = "inside";
          this.#changed();
        }
      } catch (error) {
        if (error.code === "seat_gone") {
          this.enter();
        } else {
          this.#onRefusal(error, () => this.#stay(everyMs));
        }
      }
    }, everyMs);
  }

  #onRefusal(error, again) {
    if (current !== this) {
      return;
    }
    if (OVER.includes(error.code)) {
      this.#end(error);
    } else {
      this.state = this.state === "inside" ? "again" : this.state;
      this.#changed();
      this.#timer = setTimeout(again, AGAIN_MS * (0.75 + Math.random() / 2));
    }
  }

  /** Go, for good. */
  leave() {
    this.#leaveSeats();
    this.#end(null);
  }

  #end(refusal) {
    if (current !== this) {
      return;
    }
    current = null;
    this.state = "outside";
    clearTimeout(this.#timer);
    this.#hall?.leave();
    this.#peers.closeAll();
    [...this.#leaving, this.#leaveSeat, this.#leaveCrew].forEach((leave) => leave?.());
    this.#voice?.stop();
    this.#camera?.stop();
    this.#sound.remove();
    this.sizes.stop();
    this.#changed();
    this.dispatchEvent(new CustomEvent("over", { detail: refusal }));
    spaces.dispatchEvent(new Event("change"));
  }

  // What is said

  #takeRoom(event) {
    this.room = event;
    this.media = event.videos ? event : this.media;
  }

  #onRoom(event) {
    if (event.type === "entered") {
      this.#takeRoom(event);
    } else if (event.type === "stage") {
      this.room = { ...this.room, ...event };
      if (event.state === "ended") {
        this.#end({ code: "ended" });
      }
    } else if (event.type === "media") {
      this.media = event;
    } else if (event.type === "renegotiate") {
      this.#connect();
    } else if (event.type === "reaction") {
      this.dispatchEvent(new CustomEvent("reaction", { detail: event }));
    } else if (event.type === "closed" && !this.isFar) {
      this.enter();
    }
    this.#changed();
  }

  /** Whoever loses or gets a place on the stage is muted first; without one nothing of theirs stays on. */
  #takeMe(me) {
    const wasOnStage = this.isOnStage;
    this.me = me;
    if (wasOnStage !== this.isOnStage) {
      this.isMuted = true;
    }
    if (!this.isOnStage) {
      this.#dropVoice();
      this.#dropCamera();
    }
    return wasOnStage !== this.isOnStage;
  }

  #onMine(event) {
    if (event.is_removed) {
      this.#end({ code: "removed" });
      return;
    }
    if (event.is_dropped) {
      // This page was silent for too long. Whoever comes in again is where they were, heard as they were.
      this.enter();
      return;
    }
    const isElsewhere = this.#takeMe({ ...event, user: this.user });
    this.#followCrew();
    if (event.is_silenced) {
      this.#mute(true);
    }
    if (this.isFar && this.isOnStage) {
      this.#comeNear();
    } else if (isElsewhere) {
      this.#connect();
    }
    this.#changed();
  }

  #onSeat(event) {
    if (event.type === "failed" && event.for === "mute") {
      this.#showMuted();
    } else if (event.type === "replaced") {
      this.#onReplaced(event.for);
    } else if (event.type === "failed" || event.type === "jsep") {
      this.#peers.take(event);
    }
  }

  /** Another page of the same person is heard or seen in place of this one, and stays so. */
  #onReplaced(kind) {
    if (kind === "speak") {
      this.leave();
    } else {
      this.#dropCamera();
      this.#changed();
    }
  }

  // Media

  #ask(what, facts) {
    return socket.send(`space.${what}`, { seat: this.#seat, ...facts });
  }

  /** Make every connection anew that should be there. */
  #connect() {
    if (this.isFar) {
      return;
    }
    const sound = this.isOnStage ? "speak" : "listen";
    this.#peers.close(this.isOnStage ? "listen" : "speak");
    this.#peers.make(sound);
    this.#peers.make("watch");
    this.sizes.tell();
    if (this.hasVideo) {
      this.#peers.make("show");
    }
  }

  #start(peer) {
    if (peer.kind === "speak") {
      return peer.offer(this.#voice, "sendrecv", () => ({ muted: this.isMuted }));
    }
    // Of a screen nothing is readable when it is small.
    const layers = this.hasScreen ? [] : LAYERS;
    return peer.kind === "show" ? peer.offer(this.#camera, "sendonly", undefined, layers) : peer.request();
  }

  /** Whether a connection that was lost is wanted at all, and from Janus. */
  #mayTryAgain(kind, pause) {
    if (kind === "listen" && pause > FAR_AFTER_MS) {
      this.#attend();
      return false;
    }
    return kind !== "watch" || this.media.videos.length > 0;
  }

  #onTrack(kind, track, transceiver, streams) {
    if (kind === "watch") {
      const person = streams.find(({ mid }) => mid === transceiver.mid)?.user;
      this.videos.set(person, new MediaStream([track]));
    } else {
      this.#sound.play(new MediaStream([track]));
      this.state = "inside";
    }
    this.#changed();
  }

  /** Be heard or not. The first time the microphone is opened; rejects when it can't be. */
  async setMuted(muted) {
    if (!muted && !this.#voice) {
      await this.useMicrophone();
    }
    await this.#mute(muted);
  }

  async #mute(muted) {
    this.isMuted = muted;
    if (this.#voice) {
      this.#voice.enabled = !muted;
    }
    this.#changed();
    if (!this.#seat) {
      // Who isn't in yet says it when they are: it goes along with the offer of their voice.
      return;
    }
    try {
      await this.#ask("mute", { muted });
    } catch (error) {
      // Who lost their seat gets another one, and says it anew.
      if (!muted && error.code !== "seat_gone") {
        this.#showMuted();
        throw error;
      }
    }
  }

  /** They aren't heard, whatever they asked for. */
  #showMuted() {
    this.isMuted = true;
    if (this.#voice) {
      this.#voice.enabled = false;
    }
    this.#changed();
  }

  /** Speak by the microphone that is chosen now. */
  async useMicrophone() {
    const track = await openMicrophone();
    if (!this.#maySend(track)) {
      return;
    }
    this.#dropVoice();
    this.#voice = track;
    track.enabled = !this.isMuted;
    await this.#peers.replace("speak", track);
  }

  /** Whether they are still on the stage, after a device was waited for; if not it is let go. */
  #maySend(track) {
    const may = current === this && this.isOnStage;
    if (!may) {
      track.stop();
    }
    return may;
  }

  #dropVoice() {
    this.#voice?.stop();
    this.#voice = null;
  }

  /** Be seen or not: by the camera, or with a screen in its place. */
  async setVideo(on, isScreen = false) {
    if (on) {
      const track = await (isScreen ? openScreen() : openCamera());
      if (!this.#maySend(track)) {
        return;
      }
      this.#dropCamera();
      this.#camera = track;
      this.hasVideo = true;
      this.hasScreen = isScreen;
      // The browser itself has a button that ends it.
      track.addEventListener("ended", () => track === this.#camera && this.setVideo(false));
      this.#peers.make("show");
    } else {
      this.#dropCamera();
      await this.#ask("hide", {}).catch(() => {});
    }
    this.#changed();
  }

  #dropCamera() {
    this.hasVideo = this.hasScreen = false;
    this.#camera?.stop();
    this.#camera = null;
    this.#peers.close("show");
  }

  /** A command about this Space; rejects with the refusal. */
  command(name, facts = {}) {
    return socket.send(`space.${name}`, { space: this.id, ...facts });
  }

  react(reaction) {
    return this.#ask("react", { reaction }).catch(() => {});
  }
}

import { apiError } from '../errors/errors.ts';
import { Semaphore } from '../lib/semaphore.ts';
import { questionsPerPerson, subscriptionsPerPerson, subscriptionsPerSocket } from './limits.ts';

/** One subscription among those of its person. */
export type Place = {
  /** Asks the database something for this person, when it is their turn. */
  ask<T>(question: () => Promise<T>): Promise<T>;
  /** Frees the place, once what was asked is answered: a client that leaves has not asked less. */
  leave(): void;
};

/** How much each user follows in this process. */
export class PeopleFollowing {
  readonly #people = new Map<string, { subscriptions: number; semaphore: Semaphore }>();
  readonly #bySocket = new WeakMap<object, number>();

  /** Takes a place for a subscription of a person on a socket; throws OB076 when they have too many. */
  enter(subject: string, socket: object): Place {
    const onSocket = this.#bySocket.get(socket) ?? 0;
    const person = this.#people.get(subject) ?? {
      subscriptions: 0,
      semaphore: new Semaphore(questionsPerPerson),
    };
    if (onSocket >= subscriptionsPerSocket || person.subscriptions >= subscriptionsPerPerson) {
      throw apiError('OB076');
    }
    person.subscriptions += 1;
    this.#people.set(subject, person);
    this.#bySocket.set(socket, onSocket + 1);

    const free = () => {
      person.subscriptions -= 1;
      if (person.subscriptions === 0) {
        this.#people.delete(subject);
      }
      this.#bySocket.set(socket, (this.#bySocket.get(socket) ?? 1) - 1);
    };
    return makePlace(person.semaphore, free);
  }
}

function makePlace(semaphore: Semaphore, free: () => void): Place {
  let questions = 0;
  let isLeaving = false;
  let isFree = false;
  const freeWhenAnswered = () => {
    if (isLeaving && questions === 0 && !isFree) {
      isFree = true;
      free();
    }
  };
  return {
    async ask(question) {
      questions += 1;
      try {
        return await semaphore.run(question);
      } finally {
        questions -= 1;
        freeWhenAnswered();
      }
    },
    leave() {
      isLeaving = true;
      freeWhenAnswered();
    },
  };
}

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.stream.Collectors;
import javax.servlet.http.HttpServletRequest;
import org.eclipse.jetty.security.ConstraintMapping;
import org.eclipse.jetty.security.ConstraintSecurityHandler;
import org.eclipse.jetty.security.HashLoginService;
import org.eclipse.jetty.security.UserStore;
import org.eclipse.jetty.security.authentication.BasicAuthenticator;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;
import org.eclipse.jetty.util.security.Constraint;
import org.eclipse.jetty.util.security.Credential;
import org.eclipse.jgit.http.server.GitServlet;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.transport.ReceiveCommand;
import org.eclipse.jgit.transport.ReceivePack;
import org.eclipse.jgit.transport.resolver.FileResolver;
import org.eclipse.jgit.transport.resolver.ServiceNotEnabledException;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.ProcessResult;

/**
 * JGit's servlet over the bare repositories of a directory, on loopback, for those who know a password: the part of
 * Gerrit, Gitblit and their like that speaks Git.
 *
 * <p>Arguments: the directory, the port, and a file with a line of {@code NAME TAB PASSWORD TAB ROLE} for each user. Who
 * has the role {@code write} may push.
 */
public final class JgitServer {
  private static final String WRITE = "write";

  public static void main(String[] arguments) throws Exception {
    GitServlet git = new GitServlet();
    git.setRepositoryResolver(new FileResolver<>(new File(arguments[0]), true));
    git.setReceivePackFactory(JgitServer::receive);

    ServletContextHandler context = new ServletContextHandler();
    context.addServlet(new ServletHolder(git), "/*");
    context.setSecurityHandler(basicAuthentication(Path.of(arguments[2])));

    Server server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[1])));
    server.setHandler(context);
    server.start();
    server.join();
  }

  private static ConstraintSecurityHandler basicAuthentication(Path usersFile) throws Exception {
    UserStore users = new UserStore();
    for (String line : Files.readAllLines(usersFile)) {
      String[] fields = line.split("\t");
      users.addUser(fields[0], Credential.getCredential(fields[1]), new String[] {fields[2]});
    }
    HashLoginService login = new HashLoginService("git");
    login.setUserStore(users);

    ConstraintMapping everything = new ConstraintMapping();
    everything.setPathSpec("/*");
    everything.setConstraint(new Constraint(Constraint.__BASIC_AUTH, Constraint.ANY_AUTH));
    everything.getConstraint().setAuthenticate(true);

    BasicAuthenticator authenticator = new BasicAuthenticator();
    authenticator.setCharset(StandardCharsets.UTF_8);
    ConstraintSecurityHandler security = new ConstraintSecurityHandler();
    security.setLoginService(login);
    security.setAuthenticator(authenticator);
    security.addConstraintMapping(everything);
    return security;
  }

  private static ReceivePack receive(HttpServletRequest request, Repository repository)
      throws ServiceNotEnabledException {
    if (!request.isUserInRole(WRITE)) {
      throw new ServiceNotEnabledException(request.getRemoteUser() + " may only fetch");
    }
    ReceivePack pack = new ReceivePack(repository);
    pack.setPreReceiveHook(JgitServer::runHook);
    return pack;
  }

  /** JGit runs no hooks of a repository by itself; hosts that are built on it decide here. */
  private static void runHook(ReceivePack pack, Collection<ReceiveCommand> commands) {
    String moves =
        commands.stream()
            .map(move -> move.getOldId().name() + " " + move.getNewId().name() + " " + move.getRefName() + "\n")
            .collect(Collectors.joining());
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    ProcessResult result =
        FS.DETECTED.runHookIfPresent(pack.getRepository(), "pre-receive", new String[0], said, said, moves);
    if (result.isExecutedWithError()) {
      pack.sendMessage(said.toString(StandardCharsets.UTF_8).trim());
      commands.forEach(
          move -> move.setResult(ReceiveCommand.Result.REJECTED_OTHER_REASON, "pre-receive hook declined"));
    }
  }
}
